"""Everything of an installation in one file that others can read, and back: docs/archive.md."""
