"""Where a page leads to be read in another language: to itself, with all else of its address."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import current_app, request
from werkzeug.exceptions import SecurityError

ASKED = "lang"


def language_link(code: str) -> str:
    """This page in a language.

    The answer to a form cannot be asked for again: its link leads to the page of that address
    where there is one, else to the page on which the form stood.
    """
    try:
        path, query = _page_here()
    except (SecurityError, ValueError):  # another's host, or a referrer that is no address
        path, query = "/", ()
    kept = [(name, value) for name, value in query if name != ASKED]
    return f"{path}?{urlencode([*kept, (ASKED, code)])}"


def _page_here() -> tuple[str, Iterable[tuple[str, str]]]:
    if request.method in {"GET", "HEAD"}:
        return "", request.args.items(multi=True)
    if _can_be_asked_for(request.path):
        return quote(request.path), request.args.items(multi=True)
    stood = urlsplit(request.referrer or "")
    if stood.netloc == request.host and _can_be_asked_for(stood.path):
        return stood.path, parse_qsl(stood.query)
    return "/", ()


def _can_be_asked_for(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, method="GET")
