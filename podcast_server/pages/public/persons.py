"""The persons of a show or an episode as a page shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g

from episodes.links import secure_link
from episodes.models import Episode, Show
from episodes.pictures import is_stored
from podcast_server.pages.person_roles import role_words
from podcast_server.pages.public.artwork.variants import variant_address
from podcast_server.security import Policy

SIZE = 112  # pixels of a picture's width: it is shown half as wide
_ORIGIN = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?")


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person on a page; ``picture`` and ``link`` may be empty."""

    name: str
    role: str
    picture: str
    link: str


def persons_of(show: Show, episode: Episode | None = None) -> list[PersonCard]:
    """An episode's persons, which stand in place of the show's, as in feeds.

    Pictures that lie elsewhere are let into the page, from where they are and nowhere else.
    """
    rows = (episode.persons if episode else None) or show.persons
    cards = [_card(row) for row in rows if str(row.get("name") or "").strip()]
    _let_in(card.picture for card in cards)
    return cards


def _card(row: dict[str, Any]) -> PersonCard:
    picture = str(row.get("img") or "")
    return PersonCard(
        name=str(row["name"]).strip(),
        role=role_words(str(row.get("role") or "host")),
        picture=variant_address(picture, SIZE) if is_stored(picture) else _elsewhere(picture),
        link=secure_link(str(row.get("href") or "")) or "",
    )


def _elsewhere(picture: str) -> str:
    link = secure_link(picture) or ""
    return link if _origin(link) else ""


def _origin(link: str) -> str:
    """The scheme and host of an address, fit for a policy; empty where there is none."""
    if not link.startswith("https://"):
        return ""
    host = urlsplit(link).netloc.lower()
    return f"https://{host}" if _ORIGIN.fullmatch(host) else ""


def _let_in(pictures: Iterable[str]) -> None:
    origins = sorted({origin for picture in pictures if (origin := _origin(picture))})
    if origins:
        policy: Policy = g.get("content_policy") or current_app.config["CONTENT_POLICY"]
        g.content_policy = replace(policy, images=" ".join((policy.images, *origins)))
