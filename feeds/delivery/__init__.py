"""Feeds and audio on the wire: pure answers, and the doors that speak HTTP."""
