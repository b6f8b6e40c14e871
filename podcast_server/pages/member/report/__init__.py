"""Where a feed in wrong hands is reported."""
