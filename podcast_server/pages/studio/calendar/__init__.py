"""What came out and what is to come out, month by month."""
