"""Countries come from a database the operator supplies, or are unknown."""

from __future__ import annotations

import struct
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from feeds.downloads.country import CountryDatabaseError, no_country, open_countries


def encode(value: Any) -> bytes:
    """One value in the MaxMind DB data format: only the kinds these tests need."""
    if isinstance(value, str):
        raw = value.encode()
        assert len(raw) < 29
        return bytes([2 << 5 | len(raw)]) + raw
    if isinstance(value, bytes):  # an unsigned integer of that many bytes: 16, 32 or 64 bits
        kind = {2: bytes([5 << 5 | 2]), 4: bytes([6 << 5 | 4]), 8: bytes([8, 2])}
        return kind[len(value)] + value
    if isinstance(value, dict):
        items = b"".join(encode(key) + encode(inner) for key, inner in value.items())
        return bytes([7 << 5 | len(value)]) + items
    assert isinstance(value, list)
    return bytes([len(value), 4]) + b"".join(encode(inner) for inner in value)


def write_database(path: Path, network: str, entry: Any) -> Path:
    """A MaxMind database of one IPv4 network: a chain of search-tree nodes and one record."""
    net = IPv4Network(network)
    bits = f"{int(net.network_address):032b}"[: net.prefixlen]
    count = len(bits)
    tree = b""
    for depth, bit in enumerate(bits):
        onward = depth + 1 if depth + 1 < count else count + 16
        record = (onward, count) if bit == "0" else (count, onward)
        tree += b"".join(number.to_bytes(3, "big") for number in record)
    meta = {
        "node_count": struct.pack(">I", count),
        "record_size": struct.pack(">H", 24),
        "ip_version": struct.pack(">H", 4),
        "database_type": "Test-Country",
        "languages": [],
        "binary_format_major_version": struct.pack(">H", 2),
        "binary_format_minor_version": struct.pack(">H", 0),
        "build_epoch": struct.pack(">Q", 1),
        "description": {},
    }
    marker = b"\xab\xcd\xefMaxMind.com"
    path.write_bytes(tree + b"\x00" * 16 + encode(entry) + marker + encode(meta))
    return path


def test_an_address_is_found_in_its_country(tmp_path: Path) -> None:
    path = write_database(tmp_path / "c.mmdb", "192.0.2.0/24", {"country": {"iso_code": "fr"}})
    country_of = open_countries(path)
    assert country_of("192.0.2.77") == "FR"
    assert country_of("198.51.100.1") is None


def test_the_registered_country_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    entry = {"registered_country": {"iso_code": "DE"}}
    country_of = open_countries(write_database(tmp_path / "c.mmdb", "192.0.2.0/24", entry))
    assert country_of("192.0.2.1") == "DE"


@pytest.mark.parametrize("entry", ["FR", {"country": "FR"}, {"country": {"iso_code": "FRANCE"}}])
def test_an_unexpected_record_is_an_unknown_country(tmp_path: Path, entry: Any) -> None:
    country_of = open_countries(write_database(tmp_path / "c.mmdb", "192.0.2.0/24", entry))
    assert country_of("192.0.2.1") is None


@pytest.mark.parametrize("address", ["", "unknown", "999.1.1.1", "2001:db8::1", "x" * 500])
def test_what_is_no_address_for_the_database_has_no_country(tmp_path: Path, address: str) -> None:
    path = write_database(tmp_path / "c.mmdb", "192.0.2.0/24", {"country": {"iso_code": "FR"}})
    assert open_countries(path)(address) is None


def test_a_missing_or_broken_database_is_refused_at_start(tmp_path: Path) -> None:
    with pytest.raises(CountryDatabaseError, match=r"absent\.mmdb"):
        open_countries(tmp_path / "absent.mmdb")
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"not a database")
    with pytest.raises(CountryDatabaseError, match="no readable country database"):
        open_countries(broken)


def test_without_a_database_no_country_is_known() -> None:
    assert no_country("192.0.2.1") is None
