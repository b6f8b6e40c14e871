"""Find the messages in code and templates, and bring the files of each language up to date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from podcast_server.i18n import FOLDER, LANGUAGES, SOURCE

PACKAGE = Path(__file__).parent.parent
# What a feed lacks is said by the feed's own package, which knows nothing of languages.
HEALTH = PACKAGE.parent / "feeds" / "health"
METHODS = [("pages/**.html", "jinja2"), ("mail/**.html", "jinja2"), ("mail/**.txt", "jinja2")]
METHODS += [("**.py", "python")]
OPTIONS = {
    "**.html": {"trimmed": "true", "silent": "false"},
    "**.txt": {"trimmed": "true", "silent": "false"},
}
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "say": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_PLACE = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")


_IDLE_HEADERS = r'^"(POT-Cre|PO-Rev|Generated|Last-Tr|Project-Id|Report-Ms|Language-Team).*\n'


def area_of(path: str) -> str:
    """Which file a message of this source file belongs to: pages/studio/… → studio."""
    parts = path.split("/")
    if parts[0] == "pages" and len(parts) > 2 and parts[1] != "layout":
        return parts[1]
    return parts[0] if parts[0] in {"mail", "accounts", "billing", "newsletter"} else "site"


def _messages_in_code() -> Iterator[tuple[Any, ...]]:
    yield from extract_from_dir(PACKAGE, METHODS, OPTIONS, KEYWORDS)
    for path, *rest in extract_from_dir(HEALTH, [("**.py", "python")], {}, KEYWORDS):
        yield (f"pages/studio/health/{path}", *rest)  # where they are shown


def extract() -> dict[str, Catalog]:
    """All messages of the program by area. One used in several areas belongs to ``site``."""
    found: dict[tuple[Any, str | None], list[tuple[str, int]]] = {}
    for path, line, message, _comments, context in _messages_in_code():
        found.setdefault((message, context), []).append((Path(path).as_posix(), line))
    catalogues: dict[str, Catalog] = {}
    for (message, context), places in sorted(found.items(), key=lambda item: min(item[1])):
        areas = {area_of(path) for path, _line in places}
        area = areas.pop() if len(areas) == 1 else "site"
        files = sorted({(path, 0) for path, _line in places})
        catalogues.setdefault(area, Catalog()).add(message, locations=files, context=context)
    return catalogues


def update(language: str) -> list[str]:
    """Rewrite a language's files: new messages come empty, ones no longer used go away.

    Translations are found wherever they stood before. Returns the ids still to translate.
    """
    known = {_identity(message): message for message in stored(language)}
    folder = FOLDER / language
    folder.mkdir(parents=True, exist_ok=True)
    catalogues = extract()
    for path in folder.glob("*.po"):
        if path.stem not in catalogues:
            path.unlink()
    missing: list[str] = []
    for area, wanted in catalogues.items():
        catalogue = Catalog(locale=language, header_comment="", fuzzy=False)
        for message in _messages(wanted):
            before = known.get(_identity(message))
            catalogue.add(
                message.id,
                before.string if before else None,
                locations=message.locations,
                context=message.context,
            )
            if before is None or not _is_translated(before):
                missing.append(str(message.id))
        _write(folder / f"{area}.po", catalogue)
    return missing


def problems(language: str) -> Iterator[str]:
    """What keeps a language from being complete, in words for the developer."""
    have = {_identity(message): message for message in stored(language)}
    wanted = {_identity(m): m for c in extract().values() for m in _messages(c)}
    for identity, message in wanted.items():
        translated = have.get(identity)
        if translated is None or not _is_translated(translated):
            yield f"{language}: not translated: {message.id!r}"
        elif translated.fuzzy:
            yield f"{language}: marked fuzzy: {message.id!r}"
        elif not _same_places(translated):
            yield f"{language}: placeholders differ: {message.id!r}"
    for identity in have.keys() - wanted.keys():
        yield f"{language}: no longer used: {identity[0]!r}"


def stored(language: str) -> Iterator[Message]:
    """The messages in a language's files."""
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            yield from _messages(read_po(file, locale=language))


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _identity(message: Message) -> tuple[str, str | None]:
    first = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return str(first), message.context


def _strings(message: Message) -> list[str]:
    if isinstance(message.string, list | tuple):
        return [str(each or "") for each in message.string]
    return [str(message.string or "")]


def _is_translated(message: Message) -> bool:
    return all(text.strip() for text in _strings(message))


def _same_places(message: Message) -> bool:
    ids = message.id if isinstance(message.id, list | tuple) else [message.id]
    wanted = _places(ids)
    # A form for exactly one may say "one" in words instead of the number.
    return all(_places([text]) <= wanted for text in _strings(message)) and (
        len(ids) > 1 or _places(_strings(message)) == wanted
    )


def _places(texts: Iterable[str]) -> set[str]:
    return {place for text in texts for place in _PLACE.findall(text)}


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=False, sort_by_file=False)
    text = path.read_text(encoding="utf-8")
    # Dates and tool versions would make every run a change, and the rest says nothing.
    kept = re.sub(_IDLE_HEADERS, "", text, flags=re.MULTILINE)
    path.write_text(kept, encoding="utf-8")


def all_languages() -> list[str]:
    """The languages that need a translation."""
    return [code for code in LANGUAGES if code != SOURCE]
