"""Pages for one person: signing in, their feeds, their account."""
