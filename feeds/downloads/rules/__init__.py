"""Data, not code: which user agents are apps, which are bots and servers of apps."""
