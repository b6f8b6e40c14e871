"""Single episodes, seasons and collections."""
