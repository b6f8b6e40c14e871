"""A staff member's own page."""
