"""Getting into the studio."""
