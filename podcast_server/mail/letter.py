"""A letter: a few paragraphs, perhaps a code and one button, as text and as HTML alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from podcast_server.i18n import translations

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. ``action`` is the words on the button and where it leads;
    ``unsubscribe`` likewise, where the reader can end mails of this kind."""

    kind: str
    language: str
    subject: str
    paragraphs: Sequence[str]
    action: tuple[str, str] | None = None
    code: str = ""
    after: Sequence[str] = ()
    unsubscribe: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """Both forms of a letter."""

    subject: str
    text: str
    html: str


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_letter(letter: Letter, site_name: str) -> Rendered:
    """The letter on our paper."""
    colon = translations(letter.language).gettext(": ").rstrip(" ")
    facts = {"letter": letter, "site_name": site_name, "colon": colon}
    return Rendered(
        # A line break in a header would start another header.
        subject=" ".join(letter.subject.split())[:250],
        text=_templates().get_template("layout.txt").render(facts),
        html=_templates().get_template("layout.html").render(facts),
    )
