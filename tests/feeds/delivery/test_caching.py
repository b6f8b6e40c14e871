"""Content coding and conditional requests, by RFC 9110."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.delivery.caching import choose_coding, matches


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("deflate, br", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0, *", "identity"),
        ("*", "gzip"),
        ("*;q=0", "none"),
        ("identity;q=0", "none"),
        ("identity;q=0, gzip", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=1, identity;q=1", "gzip"),
        ("gzip;q=nonsense", "identity"),
        ("gzip;q=0.000", "identity"),
        (" , ,", "identity"),
    ],
)
def test_the_coding_follows_the_clients_weights(accept_encoding: str, coding: str) -> None:
    assert choose_coding(accept_encoding) == coding


@given(st.text(max_size=60))
def test_no_accept_encoding_header_crashes(text: str) -> None:
    assert choose_coding(text) in {"gzip", "identity", "none"}


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"x", W/"abc" ', True),
        ("*", True),
        ("", False),
        ('"abcd"', False),
        ("abc", False),
    ],
)
def test_if_none_match_compares_weakly(if_none_match: str, *, expected: bool) -> None:
    assert matches(if_none_match, '"abc"') is expected
