"""How widely my feed is used, and the rule about it."""
