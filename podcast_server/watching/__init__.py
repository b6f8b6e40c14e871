"""A folder, here or in a bucket, whose files become episodes as they appear."""
