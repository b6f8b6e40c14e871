"""The names of objects: readable, bounded, and new whenever the content is new.

    shows/7/episodes/k3v9x2m4qa/audio-<hash>.mp3
    shows/7/artwork-<hash>.jpg
    incoming/<upload>.mp3

A name is lower-case letters, digits, ``-`` and ``_``, in folders joined by ``/``; only the last
part has dots, and always has one. So no name can leave the storage's folder or clash with a
folder, and names stay apart on file systems that ignore case.
"""

from __future__ import annotations

import re

from episodes.storage.base import BadKey

MAX_KEY = 512  # characters
PEAKS = ".peaks"
_FOLDER = r"[a-z0-9][a-z0-9_-]{0,126}"
_KEY = re.compile(rf"(?:{_FOLDER}/)*{_FOLDER}(?:\.[a-z0-9]{{1,16}}){{1,2}}")
_PART = re.compile(_FOLDER)
_EXTENSION = re.compile(r"[a-z0-9]{1,16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOLDERS = re.compile(rf"{_FOLDER}(?:/{_FOLDER})*")
# 128 bits of the hash: two files of one episode never share a name by accident.
_HASH_LETTERS = 32
_HASH_IN_NAME = re.compile(rf"/[a-z]+-([0-9a-f]{{{_HASH_LETTERS}}})\.[a-z0-9]+$")


def check_key(key: str) -> str:
    """The key itself. Raises BadKey for one that is not in the grammar above."""
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        raise BadKey(f"{key[:80]!r} is not a name for an object")
    return key


def check_prefix(prefix: str) -> str:
    """A bucket prefix, given with or without slashes, as ``""`` or ``"folder/"``."""
    trimmed = prefix.strip("/")
    if trimmed and (len(trimmed) > 128 or not _FOLDERS.fullmatch(trimmed)):
        raise BadKey(f"{prefix[:80]!r}: a prefix is made of a-z, 0-9, '-' and '_'")
    return f"{trimmed}/" if trimmed else ""


def audio_key(show_id: int, episode_key: str, sha256: str, extension: str) -> str:
    """The published audio of an episode."""
    return _episode_object(show_id, episode_key, "audio", sha256, extension)


def original_key(show_id: int, episode_key: str, sha256: str, extension: str) -> str:
    """What the podcaster uploaded, where the published audio was converted from it."""
    return _episode_object(show_id, episode_key, "original", sha256, extension)


def preview_key(show_id: int, episode_key: str, sha256: str, extension: str) -> str:
    """The part of a members' episode that everybody may hear."""
    return _episode_object(show_id, episode_key, "preview", sha256, extension)


def peaks_key(object_key: str) -> str:
    """How loud a stored audio file is along its way; it can be measured again at any time."""
    return check_key(f"{object_key}{PEAKS}")


def transcript_key(show_id: int, episode_key: str, sha256: str, extension: str) -> str:
    """One transcript of an episode."""
    return _episode_object(show_id, episode_key, "transcript", sha256, extension)


def artwork_key(show_id: int, sha256: str, extension: str, episode_key: str = "") -> str:
    """The cover of a show, or of one episode."""
    if episode_key:
        return _episode_object(show_id, episode_key, "artwork", sha256, extension)
    return check_key(f"shows/{show_id}/{_versioned('artwork', sha256, extension)}")


def picture_key(show_id: int, sha256: str, extension: str, episode_key: str = "") -> str:
    """A picture of a person or a chapter, of a show or of one episode."""
    if episode_key:
        return _episode_object(show_id, episode_key, "picture", sha256, extension)
    return check_key(f"shows/{show_id}/{_versioned('picture', sha256, extension)}")


def hash_in(key: str) -> str:
    """The beginning of the SHA-256 of its content that an object's name carries; or nothing."""
    found = _HASH_IN_NAME.search(key)
    return found[1] if found else ""


def incoming_key(upload_name: str, extension: str) -> str:
    """An upload that has not been looked at yet. ``upload_name`` is ours, not the sender's."""
    return check_key(f"incoming/{_part(upload_name)}.{_extension(extension)}")


def _episode_object(show_id: int, episode_key: str, kind: str, sha256: str, extension: str) -> str:
    name = _versioned(kind, sha256, extension)
    return check_key(f"shows/{show_id}/episodes/{_part(episode_key)}/{name}")


def _versioned(kind: str, sha256: str, extension: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise BadKey(f"{sha256[:80]!r} is not a SHA-256 in hexadecimal")
    return f"{kind}-{sha256[:_HASH_LETTERS]}.{_extension(extension)}"


def _part(name: str) -> str:
    if not _PART.fullmatch(name):
        raise BadKey(f"{name[:80]!r} cannot be part of an object's name")
    return name


def _extension(extension: str) -> str:
    if not _EXTENSION.fullmatch(extension):
        raise BadKey(f"{extension[:80]!r} is not a file name extension")
    return extension
