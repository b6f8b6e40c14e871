"""Pages: each is a folder with its views and templates side by side."""
