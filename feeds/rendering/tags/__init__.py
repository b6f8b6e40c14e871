"""One module for each namespace that feedgen does not write, or writes wrongly."""
