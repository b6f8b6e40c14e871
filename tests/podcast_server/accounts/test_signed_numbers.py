"""Numbers signed into an address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from podcast_server.accounts.signed_numbers import read_signed, write_signed

numbers = st.integers(0, 2**64 - 1)


@given(numbers, numbers)
def test_what_was_signed_is_read_again(first: int, second: int) -> None:
    token = write_signed(b"secret", "door", first, second)
    assert read_signed(b"secret", "door", token) == (first, second)


def test_what_is_signed_for_one_purpose_opens_nothing_else() -> None:
    token = write_signed(b"secret", "door", 7, 3)
    assert read_signed(b"secret", "window", token) is None


@given(st.text())
def test_whatever_else_is_written_there_is_not_ours(text: str) -> None:
    assert read_signed(b"secret", "door", text) is None


def test_addresses_in_mails_that_were_sent_long_ago_go_on_working() -> None:
    old = "aaaaaaaaaaaaoaaaaaaaaaaaao7qszicgrobccdjmcqiumapxbia"
    assert read_signed(b"secret", "unsubscribe", old) == (7, 3)
