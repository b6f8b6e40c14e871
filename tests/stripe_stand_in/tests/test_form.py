"""The nested form encoding, also as nobody's library would send it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stripe_stand_in.errors import StripeError
from tests.stripe_stand_in.form import parse_form


def test_brackets_become_nested_maps() -> None:
    pairs = [("a", "1"), ("b[c]", "2"), ("b[d][e]", "3")]
    assert parse_form(pairs) == {"a": "1", "b": {"c": "2", "d": {"e": "3"}}}


def test_numbered_and_empty_brackets_become_positions() -> None:
    assert parse_form([("a[0]", "x"), ("a[1]", "y")]) == {"a": {"0": "x", "1": "y"}}
    assert parse_form([("a[]", "x"), ("a[]", "y")]) == {"a": {"0": "x", "1": "y"}}


def test_empty_brackets_before_a_key_begin_a_new_element_when_the_key_repeats() -> None:
    pairs = [("i[][p]", "1"), ("i[][q]", "2"), ("i[][p]", "3")]
    assert parse_form(pairs) == {"i": {"0": {"p": "1", "q": "2"}, "1": {"p": "3"}}}


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a", "1")], [("a[", "1")], [("", "1")]]
)
def test_contradictions_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(StripeError):
        parse_form(pairs)


@given(st.lists(st.tuples(st.text("ab[]01", max_size=8), st.text(max_size=3)), max_size=6))
def test_hostile_keys_are_read_or_refused_but_never_crash(pairs: list[tuple[str, str]]) -> None:
    with suppress(StripeError):
        assert isinstance(parse_form(pairs), dict)
