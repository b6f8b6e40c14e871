"""Names of objects: bounded, readable, new for new content, and never a way out."""

from __future__ import annotations

import hashlib
import posixpath
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.storage import keys
from episodes.storage.base import BadKey

HASHES = st.binary(max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=64)
EXTENSIONS = st.sampled_from(["mp3", "m4a", "m4b", "aac", "ogg", "opus", "flac", "wav"])
SHA = hashlib.sha256(b"audio").hexdigest()


def test_an_audio_key_reads_well() -> None:
    key = keys.audio_key(7, "k3v9x2m4qa", SHA, "mp3")
    assert re.fullmatch(r"shows/7/episodes/k3v9x2m4qa/audio-[0-9a-f]{32}\.mp3", key)


@given(st.integers(1, 2**63 - 1), NAMES, HASHES, EXTENSIONS)
def test_every_key_made_here_is_a_key(show: int, episode: str, sha256: str, extension: str) -> None:
    for make in (keys.audio_key, keys.original_key, keys.preview_key, keys.transcript_key):
        key = make(show, episode, sha256, extension)
        assert keys.check_key(key) == key
        assert len(key) <= keys.MAX_KEY
        assert key.endswith(f".{extension}")
    assert keys.check_key(keys.artwork_key(show, sha256, "jpg"))
    assert keys.check_key(keys.artwork_key(show, sha256, "jpg", episode))
    assert keys.check_key(keys.incoming_key(episode, extension))


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_new_content_has_a_new_key_and_the_same_content_the_same(one: bytes, two: bytes) -> None:
    first, second = (
        keys.audio_key(1, "abc", hashlib.sha256(data).hexdigest(), "mp3") for data in (one, two)
    )
    assert (first == second) == (one == two)


def test_kinds_and_episodes_and_shows_stay_apart() -> None:
    made = {
        keys.audio_key(1, "abc", SHA, "mp3"),
        keys.audio_key(2, "abc", SHA, "mp3"),
        keys.audio_key(1, "abd", SHA, "mp3"),
        keys.audio_key(1, "abc", SHA, "m4a"),
        keys.original_key(1, "abc", SHA, "mp3"),
        keys.preview_key(1, "abc", SHA, "mp3"),
        keys.transcript_key(1, "abc", SHA, "vtt"),
        keys.artwork_key(1, SHA, "jpg"),
        keys.artwork_key(1, SHA, "jpg", "abc"),
        keys.incoming_key("abc", "mp3"),
    }
    assert len(made) == 10


@given(st.text(max_size=200) | st.from_regex(r"[a-z./\\-]{1,40}", fullmatch=True))
def test_whatever_passes_as_a_key_stays_below_its_folder(text: str) -> None:
    try:
        key = keys.check_key(text)
    except BadKey:
        return
    assert posixpath.normpath(posixpath.join("/root", key)) == f"/root/{key}"
    assert key.isascii()
    assert key == key.lower()
    assert not any(part.startswith(".") for part in key.split("/"))
    # No key is a folder of another: folders have no dot, names always do.
    assert "." in posixpath.basename(key)
    assert "." not in posixpath.dirname(key)


@pytest.mark.parametrize("extension", ["", ".mp3", "mp3/..", "MP3", "m p", "x" * 17, "mp3\n"])
def test_a_strange_extension_is_refused(extension: str) -> None:
    with pytest.raises(BadKey):
        keys.audio_key(1, "abc", SHA, extension)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "é", "a.b", "-a", "x" * 128, "a\n"])
def test_a_strange_episode_key_is_refused(name: str) -> None:
    with pytest.raises(BadKey):
        keys.audio_key(1, name, SHA, "mp3")


@pytest.mark.parametrize("sha256", ["", "abc", SHA.upper(), SHA + "0", "../" + SHA[3:]])
def test_a_hash_must_be_a_hash(sha256: str) -> None:
    with pytest.raises(BadKey):
        keys.audio_key(1, "abc", sha256, "mp3")


@pytest.mark.parametrize(
    ("given", "used"), [("", ""), ("/", ""), ("podcasts", "podcasts/"), ("/a/b-c/", "a/b-c/")]
)
def test_a_bucket_prefix_is_put_in_order(given: str, used: str) -> None:
    assert keys.check_prefix(given) == used


@pytest.mark.parametrize("prefix", ["..", "a/../b", "a//b", "A", "a b", "x" * 129])
def test_a_strange_bucket_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(BadKey):
        keys.check_prefix(prefix)
