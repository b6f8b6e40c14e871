"""The members of a show: found, helped, given to, and let go."""
