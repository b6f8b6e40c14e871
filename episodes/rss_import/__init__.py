"""Another host's feed → our shows and episodes: fetched, read, looked at, copied.

Everything here meets what strangers wrote. What a feed says is never trusted further than the
words it fills, and what it points to is fetched with bounds on time, size and destination.
"""
