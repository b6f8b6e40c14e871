"""Signing in by a link or a code from a mail, and out again."""
