"""Listeners told apart without keeping who they are: addresses become salted hashes."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

HASH_LENGTH = 20  # hexadecimal digits: 80 bits, so that two addresses of a day hardly collide


def address_unit(address: str) -> str:
    """What counts as one listener's address: an IPv4 address, or an IPv6 network of /64.

    IPv4 written as IPv6 (``::ffff:192.0.2.1``) is the IPv4 address. Text that is no address
    gives "", so a broken proxy header never stops the counting.
    """
    text = address.strip().strip("[]").partition("%")[0]
    try:
        if ":" not in text:
            return str(IPv4Address(text))
        ip = IPv6Address(text)
    except (AddressValueError, ValueError):
        return ""
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    # Guidelines 2.3, 5.5.4: a device changes its IPv6 address often, its /64 rarely.
    return f"{IPv6Address(int(ip) >> 64 << 64)}/64"


def hash_address(address: str, day: date, secret: bytes) -> str:
    """The address as a hash that means nothing on another UTC day or without the secret."""
    unit = address_unit(address)
    if not unit:
        return ""
    return hmac.new(_salt(day, secret), unit.encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]


@lru_cache(maxsize=8)
def _salt(day: date, secret: bytes) -> bytes:
    return hmac.new(secret, b"downloads " + day.isoformat().encode(), hashlib.sha256).digest()
