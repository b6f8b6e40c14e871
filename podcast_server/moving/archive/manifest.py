"""The list of what is in an archive, with checksums: its last file, so a cut archive has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from podcast_server.moving.archive.lines import from_json, to_pretty_json
from podcast_server.moving.archive.tar import check_name
from podcast_server.moving.errors import ArchiveError

FORMAT = "podcast_server archive"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Sum:
    """A file's size in bytes and its SHA-256 in hex."""

    bytes: int
    sha256: str


@dataclass(slots=True)
class Manifest:
    """What an archive says of itself. ``missing`` could not be found in the storage."""

    made: datetime
    server: str
    with_keys: bool
    with_hits: bool
    counts: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    files: dict[str, Sum] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As it is written."""
        return to_pretty_json(
            {
                "format": FORMAT,
                "version": VERSION,
                "made": self.made.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "server": self.server,
                "with_keys": self.with_keys,
                "with_hits": self.with_hits,
                "counts": dict(sorted(self.counts.items())),
                "missing": sorted(self.missing),
                "files": {
                    path: {"bytes": each.bytes, "sha256": each.sha256}
                    for path, each in sorted(self.files.items())
                },
            }
        )


def read_manifest(data: bytes) -> Manifest:
    """Raises ArchiveError, also for a version that this program does not know."""
    plain = from_json(data, "the manifest")
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ArchiveError("this is no archive of podcast_server")
    if plain.get("version") != VERSION:
        raise ArchiveError(
            f"the archive has version {plain.get('version')!s:.20}, this program knows {VERSION}: "
            "use the podcast_server that made it, or a newer one"
        )
    try:
        return Manifest(
            made=datetime.fromisoformat(plain["made"]),
            server=str(plain["server"]),
            with_keys=plain["with_keys"] is True,
            with_hits=plain["with_hits"] is True,
            counts={str(name): int(count) for name, count in plain["counts"].items()},
            missing=[check_name(path) for path in plain["missing"]],
            files={check_name(path): _sum(each) for path, each in plain["files"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArchiveError("the manifest of the archive is damaged") from error


def _sum(plain: dict[str, Any]) -> Sum:
    return Sum(int(plain["bytes"]), str(plain["sha256"]))
