"""A show: what it is, its episodes, how to join."""
