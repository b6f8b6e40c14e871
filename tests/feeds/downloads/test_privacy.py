"""Addresses are told apart within a day and mean nothing beyond it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.downloads.privacy import HASH_LENGTH, address_unit, hash_address

DAY = date(2026, 1, 5)
SECRET = b"a secret"


def test_one_address_has_one_hash_on_one_day() -> None:
    assert hash_address("192.0.2.1", DAY, SECRET) == hash_address("192.0.2.1", DAY, SECRET)
    assert hash_address("192.0.2.1", DAY, SECRET) != hash_address("192.0.2.2", DAY, SECRET)


def test_the_hash_changes_with_the_day_and_with_the_secret() -> None:
    today = hash_address("192.0.2.1", DAY, SECRET)
    assert hash_address("192.0.2.1", DAY + timedelta(days=1), SECRET) != today
    assert hash_address("192.0.2.1", DAY, b"another secret") != today


def test_ipv6_addresses_of_one_network_are_one_listener() -> None:
    assert address_unit("2001:db8:1:2:aaaa::1") == address_unit("2001:db8:1:2:bbbb::2")
    assert address_unit("2001:db8:1:2::1") != address_unit("2001:db8:1:3::1")
    assert address_unit("2001:db8:1:2:3::4").hex() == "20010db800010002"


def test_ipv4_written_as_ipv6_is_the_same_listener() -> None:
    assert address_unit("::ffff:192.0.2.1") == address_unit("192.0.2.1") == bytes([192, 0, 2, 1])
    assert address_unit("[2001:db8::1]") == address_unit("2001:db8::1%eth0")


@pytest.mark.parametrize(
    "text", ["", "-", "unknown", "999.1.1.1", "1.2.3", ":::", "a" * 5000, "1.2.3.4\x00", "١.٢.٣.٤"]
)
def test_what_is_no_address_has_no_hash(text: str) -> None:
    assert hash_address(text, DAY, SECRET) == ""


@given(st.text(max_size=60))
def test_no_text_is_too_strange_to_hash(text: str) -> None:
    assert len(hash_address(text, DAY, SECRET)) in {0, HASH_LENGTH}


@given(st.ip_addresses())
def test_every_address_has_a_hash_that_does_not_contain_it(address: object) -> None:
    hashed = hash_address(str(address), DAY, SECRET)
    assert len(hashed) == HASH_LENGTH
    assert str(address) not in hashed
