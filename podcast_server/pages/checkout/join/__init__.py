"""Join a plan."""
