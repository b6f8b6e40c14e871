"""Facts on their way out of the child process: one line of JSON, then the pictures' bytes."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, BinaryIO

from episodes.audio.errors import SENTENCES, AudioRefused
from episodes.audio.facts import AudioFacts, AudioTags, ChapterFact, Picture

MAX_HEAD = 8 * 1024 * 1024
MAX_PICTURES = 24 * 1024 * 1024


def write_refusal(reason: str, detail: str, out: BinaryIO) -> None:
    """Answer that the file is refused."""
    out.write(json.dumps({"refused": reason, "detail": detail}).encode())


def write_facts(facts: AudioFacts | None, out: BinaryIO) -> None:
    """Answer with facts, or with None when the job was done and there is nothing to tell."""
    pictures: list[bytes] = []

    def plain(value: object) -> dict[str, Any]:
        if isinstance(value, Picture):
            pictures.append(value.data)
            return {"mime": value.mime, "size": len(value.data)}
        assert dataclasses.is_dataclass(value)
        return {name: getattr(value, name) for name in value.__dataclass_fields__}

    head = json.dumps({"facts": facts}, default=plain).encode()
    out.write(head)
    out.write(b"\n")
    for picture in pictures:
        out.write(picture)


def read_answer(answer: BinaryIO) -> AudioFacts | None:
    """What the child answered. Raises AudioRefused when it refused, or answered nonsense."""
    head = answer.readline(MAX_HEAD)
    try:
        plain = json.loads(head)
        if "refused" in plain:
            reason = plain["refused"]
            raise AudioRefused(reason if reason in SENTENCES else "damaged", plain["detail"])
        return None if plain["facts"] is None else _facts(plain["facts"], answer)
    except (ValueError, KeyError, TypeError) as error:
        raise AudioRefused("too_complex") from error


def _facts(plain: dict[str, Any], answer: BinaryIO) -> AudioFacts:
    # The pictures follow in the order in which they stand in the JSON.
    left = MAX_PICTURES

    def picture(found: dict[str, Any] | None) -> Picture | None:
        nonlocal left
        if found is None:
            return None
        left -= found["size"]
        if left < 0:
            raise ValueError("more pictures than agreed")
        return Picture(answer.read(found["size"]), found["mime"])

    said = plain.pop("tags")
    tags = AudioTags(**said | {"cover": picture(said["cover"])})
    chapters = tuple(
        ChapterFact(**chapter | {"image": picture(chapter["image"])})
        for chapter in plain.pop("chapters")
    )
    warnings = tuple(plain.pop("warnings"))
    return AudioFacts(**plain, tags=tags, chapters=chapters, warnings=warnings)
