"""Everything in one file, for owners."""
