"""Numbers people look at, and how each is counted."""
