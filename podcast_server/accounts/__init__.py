"""People: members and those who run the shows."""
