"""The CRC-32 of a personal copy, from the CRC-32 of its tokens.

gzip ends with the CRC-32 of the whole document (RFC 1952 §2.3.1). A CRC is a remainder of
polynomials over GF(2), where adding is XOR, so for documents of equal length
``crc(a) ^ crc(b)`` depends on nothing but ``a ^ b``. A copy differs from the template by the
same difference wherever a token stands, and a difference with k bytes after it contributes
``crc(token) ^ crc(placeholder)`` times x^8k. All contributions together are that one 32-bit
value times one fixed polynomial: the sum of x^8k over all occurrences.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from feeds.personalise.template import Template

# CRCs hold polynomials with the bits reversed: the highest bit is the coefficient of x^0.
ONE = 1 << 31
MODULUS = 0xEDB88320  # x^32 + x^26 + … + 1 without its x^32 (RFC 1952 §8)


@dataclass(frozen=True, slots=True)
class TokenShare:
    """What a token adds to the CRC of the template, at all its occurrences together."""

    placeholder_crc: int
    tables: tuple[array[int], array[int], array[int], array[int]]

    def of(self, token: bytes) -> int:
        """XOR this to the template's CRC to exchange the placeholder for the token."""
        difference = zlib.crc32(token) ^ self.placeholder_crc
        low, second, third, high = self.tables
        return (
            low[difference & 0xFF]
            ^ second[difference >> 8 & 0xFF]
            ^ third[difference >> 16 & 0xFF]
            ^ high[difference >> 24]
        )


def measure_shares(template: Template) -> tuple[TokenShare, ...]:
    """The share of each kind of token."""
    size = len(template.body)
    ends: list[list[int]] = [[] for _ in template.placeholders]
    for each in template.occurrences:
        ends[each.kind].append(each.end)
    both = zip(template.placeholders, ends, strict=True)
    return tuple(_share(placeholder, theirs, size) for placeholder, theirs in both)


def _share(placeholder: bytes, ends: Iterable[int], size: int) -> TokenShare:
    return TokenShare(zlib.crc32(placeholder), _tables(_sum_of_powers(ends, size)))


def _sum_of_powers(ends: Iterable[int], size: int) -> int:
    """The sum of x^8k over all occurrences, k being the bytes that follow; Horner's rule."""
    total, at = 0, 0
    for end in ends:
        total = _followed_by(total, end - at) ^ ONE
        at = end
    return _followed_by(total, size - at)


def _followed_by(value: int, count: int) -> int:
    """``value`` times x^(8·count): what a CRC becomes when ``count`` zero bytes follow.

    zlib's CRC also inverts on the way in and out; the second term takes that out again.
    """
    zeros = bytes(count)
    return zlib.crc32(zeros, value) ^ zlib.crc32(zeros, 0)


def _tables(factor: int) -> tuple[array[int], array[int], array[int], array[int]]:
    """``factor`` times every value of each of the four bytes of a CRC, lowest byte first."""
    images = [0] * 32  # factor times the polynomial that has this one bit
    for bit in reversed(range(32)):
        images[bit] = factor
        factor = _times_x(factor)
    low, second, third, high = (_table(images[at : at + 8]) for at in (0, 8, 16, 24))
    return low, second, third, high


def _times_x(value: int) -> int:
    return value >> 1 ^ (MODULUS if value & 1 else 0)


def _table(images: list[int]) -> array[int]:
    """Multiplication distributes over XOR, so 8 images give all 256 products."""
    table = array("I", [0])
    for image in images:
        table.extend([product ^ image for product in table])
    return table
