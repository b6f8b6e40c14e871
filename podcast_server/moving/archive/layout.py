"""Where things are in an archive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from episodes.pictures import is_stored
from feeds.rendering.assemble import Addresses

MANIFEST = "manifest.json"
README = "README.txt"
KEYS = "keys/signing-keys.json"
SHOW_FILE = "show.json"
EPISODE_FILE = "episode.json"
SHOW_PATH = re.compile(r"shows/([a-z0-9-]{1,80})/show\.json")
EPISODE_PATH = re.compile(r"shows/([a-z0-9-]{1,80})/episodes/([a-z2-7]{10})/episode\.json")


def show_folder(slug: str) -> str:
    """The folder of a show."""
    return f"shows/{slug}"


def episode_folder(slug: str, key: str) -> str:
    """The folder of an episode."""
    return f"shows/{slug}/episodes/{key}"


def named(name: str, object_key: str) -> str:
    """A file's name in the archive, with the extension it is stored under."""
    return name + PurePosixPath(object_key).suffix


def picture_file(object_key: str) -> str:
    """A picture's name in the archive, in the folder of who mentions it: the one it is stored
    under."""
    return PurePosixPath(object_key).name


@dataclass(frozen=True, slots=True)
class ArchiveAddresses(Addresses):
    """Media beside the feed instead of on the server, without tokens.

    ``base`` is where the show's folder will be, with a slash at its end; left empty, addresses
    are relative, and the folder works on any web server as it is.
    """

    base: str = ""

    def media(self, token: str | None, name: str) -> str:
        """Audio, chapters or a transcript, from its delivery name."""
        del token
        key, _, rest = name.partition(".")
        return f"{self.base}episodes/{key}/{_file(rest)}"

    def artwork(self, key: str) -> str:
        """A cover or a picture, from its object's name:
        "shows/7/episodes/<key>/artwork-<hash>.jpg"."""
        parts = key.split("/")
        name = picture_file(key) if is_stored(key) else named("artwork", key)
        return self.base + (f"episodes/{parts[3]}/{name}" if parts[2] == "episodes" else name)


def _file(rest: str) -> str:
    """ "mp3" → "audio.mp3", "7.vtt" → "transcript-7.vtt", "chapters.json" as it is."""
    first, _, extension = rest.partition(".")
    if not extension:
        return f"audio.{first}"
    return f"transcript-{first}.{extension}" if first.isdigit() else rest
