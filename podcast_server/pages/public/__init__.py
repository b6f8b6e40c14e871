"""Pages for everybody: no session, no cookie, the same bytes for all who speak one language."""
