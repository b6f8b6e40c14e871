"""One episode: its words, who hears it, and when."""
