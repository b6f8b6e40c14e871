"""The studio: where those who make the shows work."""
