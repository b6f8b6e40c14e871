"""The two tokens of a feed: unforgeable, independent, stable, indifferent to case."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FeedError, UnknownSigningKey
from feeds.tokens import (
    FEED,
    MEDIA,
    TOKEN_LENGTH,
    SigningKey,
    Tokens,
    load_signing_keys,
    looks_like_token,
    new_feed_key,
    new_signing_key,
    save_signing_keys,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = SigningKey("aaaa", "11" * 32, "2025")
NEW = SigningKey("bbbb", "22" * 32, "2026")


def test_a_minted_token_is_read_back_to_the_feed_it_names() -> None:
    tokens = Tokens([OLD])
    key = new_feed_key()
    token = tokens.mint(FEED, key, "aaaa")
    assert len(token) == TOKEN_LENGTH
    assert looks_like_token(token)
    assert tokens.read(FEED, token) == key


def test_a_media_token_does_not_open_the_feed_nor_the_other_way_round() -> None:
    tokens = Tokens([OLD])
    key = new_feed_key()
    feed, media = tokens.mint(FEED, key, "aaaa"), tokens.mint(MEDIA, key, "aaaa")
    assert tokens.read(FEED, media) is None
    assert tokens.read(MEDIA, feed) is None
    assert tokens.read(FEED, "pf" + media[2:]) is None


def test_case_does_not_matter() -> None:
    tokens = Tokens([OLD])
    key = new_feed_key()
    assert tokens.read(FEED, tokens.mint(FEED, key, "aaaa").upper()) == key


def test_a_newer_key_leaves_the_tokens_of_older_feeds_byte_identical() -> None:
    key = new_feed_key()
    before = Tokens([OLD]).mint(MEDIA, key, "aaaa")
    rotated = Tokens([OLD, NEW])
    assert rotated.newest == "bbbb"
    assert rotated.mint(MEDIA, key, "aaaa") == before
    assert rotated.read(MEDIA, before) == key


def test_a_token_of_a_removed_key_is_dead() -> None:
    token = Tokens([OLD]).mint(FEED, new_feed_key(), "aaaa")
    alone = Tokens([NEW])
    assert alone.read(FEED, token) is None
    with pytest.raises(UnknownSigningKey):
        alone.mint(FEED, new_feed_key(), "aaaa")


@given(st.text(max_size=80))
def test_no_text_is_a_token_and_none_crashes(text: str) -> None:
    assert Tokens([OLD]).read(FEED, text) is None


@given(st.integers(0, TOKEN_LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789"))
def test_changing_any_character_of_a_token_kills_it(place: int, character: str) -> None:
    tokens = Tokens([OLD])
    token = tokens.mint(FEED, "a" * 16, "aaaa")
    if token[place] != character:
        assert tokens.read(FEED, token[:place] + character + token[place + 1 :]) is None


def test_the_key_file_is_for_the_owner_alone_and_reads_back(tmp_path: Path) -> None:
    keys = [new_signing_key(NOW), new_signing_key(NOW)]
    path = tmp_path / "data" / "keys.json"
    save_signing_keys(path, keys)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signing_keys(path) == keys


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"keys": [{"id": 1}]}', "\udcff"])
def test_a_broken_key_file_is_refused_with_advice(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(FeedError, match="backup"):
        load_signing_keys(path)
