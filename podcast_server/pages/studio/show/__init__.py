"""A show: made, described, and dressed."""
