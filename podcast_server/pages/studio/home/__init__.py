"""The studio's front page."""
