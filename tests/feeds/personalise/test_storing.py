"""A prepared document survives a file, and a damaged file is noticed."""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.sample_feed import sample_feed
from feeds.personalise import dump, load
from feeds.personalise import prepared as subject
from feeds.personalise.storing import MAGIC
from tests.feeds.personalise.samples import TOKENS, F, assert_right, documents, prepared

DUMPED = dump(prepared(sample_feed(3)))


@pytest.mark.thorough
@pytest.mark.parametrize("spliced", [True, False])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(documents)
def test_a_loaded_document_is_the_one_that_was_dumped(
    spliced: bool, monkeypatch: pytest.MonkeyPatch, document: bytes
) -> None:
    if not spliced:
        monkeypatch.setattr(subject, "METHODS", ())
    original = prepared(document)
    loaded = load(dump(original))
    assert loaded == original
    assert_right(loaded, document, TOKENS)


def test_a_dump_is_hardly_larger_than_one_gzip_copy() -> None:
    copy = prepared(sample_feed(100))
    assert len(dump(copy)) < len(copy.gzip(*TOKENS)) + 100


@given(st.integers(0, len(DUMPED) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused(position: int, change: int) -> None:
    damaged = bytearray(DUMPED)
    damaged[position] ^= change
    with pytest.raises(ValueError, match="damaged"):
        load(bytes(damaged))


@given(st.integers(0, len(DUMPED) - 1))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="damaged"):
        load(DUMPED[:length])


@given(st.binary(min_size=1, max_size=50))
def test_a_file_with_more_behind_it_is_refused(more: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        load(DUMPED + more)


@given(st.binary(max_size=200))
def test_bytes_from_elsewhere_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a prepared document"):
        load(data)


@given(st.binary(max_size=400) | st.builds(bytes.__add__, st.just(DUMPED[26:40]), st.binary()))
def test_nonsense_with_a_right_checksum_raises_nothing_but_value_errors(content: bytes) -> None:
    with suppress(ValueError):
        load(MAGIC + blake2b(content, digest_size=16).digest() + content)


def test_another_version_of_the_format_is_refused() -> None:
    other = DUMPED.replace(b"1", b"2", 1)
    with pytest.raises(ValueError, match="version"):
        load(other)


def test_the_fingerprint_survives() -> None:
    copy = prepared(b"<rss>" + F + b"</rss>")
    assert load(dump(copy)).fingerprint == copy.fingerprint
