"""Name, language, sessions, my data, and leaving for good."""
