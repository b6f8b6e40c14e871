"""Messages in other languages, one file for each area of the house."""
