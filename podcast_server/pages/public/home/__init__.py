"""The front page: the shows."""
