"""Work in the background: what runs and how often; the queue itself is a library (huey)."""
