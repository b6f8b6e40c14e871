"""Noticing that a private feed is in more hands than one member's, slowly and without guessing.

- ``measure``  hits of one feed on one day → figures (pure)
- ``policy``   figures over time → which step is due (pure)
- ``watch``    both against the database
"""
