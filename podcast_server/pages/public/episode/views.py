"""``/shows/<slug>/<key>``: one episode with its player, notes, chapters and transcript."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy.orm import Session

from episodes.models import Episode, Show, Transcript
from episodes.storage.base import StorageError
from episodes.storage.small import read_bytes
from podcast_server.database import reading
from podcast_server.pages.public import linked_data
from podcast_server.pages.public.answers import shared_answer
from podcast_server.pages.public.catalogue import EpisodeCard, episode_by_key, show_by_slug
from podcast_server.pages.public.episode.transcript import (
    Cue,
    asked_for,
    by_language,
    language_name,
    paragraphs,
    read_cues,
)
from podcast_server.pages.public.offers import offers_of, sales_of
from podcast_server.pages.public.persons import persons_of
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services


@dataclass(frozen=True, slots=True)
class ChapterLine:
    """A chapter in the list; ``start`` in whole seconds."""

    start: int
    title: str
    url: str


blueprint = Blueprint("episode", __name__)


@blueprint.get("/shows/<slug>/<string(length=10):key>")
def episode(slug: str, key: str) -> Response:
    services = the_services()
    with reading(services.engine) as session:
        show, card = _find(session, slug, key)
        offers = offers_of(session, show.id, current_time())
        sales = () if card.is_open else sales_of(session, card.episode)
    return shared_answer(
        render_template(
            "public/episode/episode.html",
            show=show,
            card=card,
            episode=card.episode,
            offers=offers,
            sales=sales,
            chapters=chapter_lines(card.episode) if card.is_open else [],
            transcripts=by_language(card.episode.transcripts, show.language)
            if card.is_open
            else {},
            language_name=language_name,
            start=_start(card),
            persons=persons_of(show, card.episode),
            facts=linked_data.episode(show, card, services.addresses),
            brief=linked_data.brief(card.episode.notes),
        )
    )


@blueprint.get("/shows/<slug>/<string(length=10):key>/transcript")
def transcript(slug: str, key: str) -> Response:
    services = the_services()
    with reading(services.engine) as session:
        show, card = _find(session, slug, key)
    found = by_language(card.episode.transcripts, show.language) if card.is_open else {}
    chosen = asked_for(found, request.args.get("language", ""))
    told = _tell(services, chosen[1]) if chosen else None
    if told is None or chosen is None:
        abort(404)
    return shared_answer(
        render_template(
            "public/episode/transcript.html",
            show=show,
            episode=card.episode,
            told=told,
            spoken_in=chosen[0],
        )
    )


def _find(session: Session, slug: str, key: str) -> tuple[Show, EpisodeCard]:
    show = show_by_slug(session, slug)
    card = episode_by_key(session, show, key, current_time()) if show else None
    if show is None or card is None:
        abort(404)
    return show, card


def _tell(services: Services, chosen: Transcript) -> list[list[Cue]] | None:
    try:
        return paragraphs(read_cues(read_bytes(services.storage, chosen.object_key), chosen.mime))
    except StorageError:
        return None


def _start(card: EpisodeCard) -> int:
    """Where the address says to start (``?t=93``), in seconds."""
    asked = request.args.get("t", 0, type=int)
    longest = math.floor(card.audio.duration) if card.audio else 0
    return asked if 0 < asked < longest else 0


def chapter_lines(episode: Episode) -> list[ChapterLine]:
    """The chapters people should see, in order; ones marked as silent are left out."""
    lines = [_chapter_line(each) for each in episode.chapters if each.get("toc") is not False]
    return sorted((line for line in lines if line.title), key=lambda line: line.start)


def _chapter_line(chapter: dict[str, Any]) -> ChapterLine:
    url = str(chapter.get("url") or "")
    return ChapterLine(
        start=max(0, int(float(chapter.get("startTime") or 0))),
        title=str(chapter.get("title") or "").strip(),
        url=url if url.startswith(("https://", "http://")) else "",
    )
