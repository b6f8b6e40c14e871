"""Ways back are paths of this site alone, whatever somebody sends."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcast_server.ways_back import local_path, page_before

HOST = "podcast.example"


@given(st.text() | st.from_regex(r"(https?:)?/{0,3}\[?[a-z@:.]*\]?/?[a-z/?#\\\\]*", fullmatch=True))
def test_no_text_leads_off_the_site(text: str) -> None:
    path = local_path(text)
    assert path in ("", text)
    assert path == "" or not urlsplit(path).netloc


@pytest.mark.parametrize(
    ("referrer", "path"),
    [
        (f"https://{HOST}/studio/site?a=b#c", "/studio/site?a=b"),
        (f"https://{HOST}/me", ""),
        ("https://elsewhere.example/studio/site", ""),
        (f"https://somebody@{HOST}/studio", ""),
        (f"https://{HOST}//elsewhere.example/studio", ""),
        ("https://[/studio", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_page_before_is_one_of_ours_or_none(referrer: str | None, path: str) -> None:
    assert page_before(referrer, HOST, "/studio") == path


@given(st.text(), st.text())
def test_any_referrer_is_read_or_left(referrer: str, host: str) -> None:
    assert page_before(referrer, host, "/studio") in {"", local_path(urlsplit_path(referrer))}


def urlsplit_path(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
