"""The page that a form was sent from: where one goes back to when it could not be taken."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from podcast_server.accounts.sign_in import local_path


def page_before(below: str) -> str:
    """Its path and query, if it is ours and ``below`` this path; "" where the browser keeps it to
    itself, or where the form was on the page of another site."""
    parts = urlsplit(request.referrer or "")
    path = local_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return path if parts.netloc == request.host and path.startswith(below) else ""
