"""``/embed/<key>``: the player for other sites; ``/oembed``: how they find it (oembed.com 1.0)."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, render_template, request
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from podcast_server.database import reading
from podcast_server.pages.public.answers import shared_answer
from podcast_server.pages.public.artwork.variants import variant_address
from podcast_server.pages.public.catalogue import EpisodeCard, episode_by_key
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.security import Policy
from podcast_server.services import Services

WIDTH, HEIGHT, SMALLEST_WIDTH = 640, 168, 280  # CSS pixels
_PATH = re.compile(r"/shows/[a-z0-9-]+/([a-z2-7]{10})/?(?:[?#].*)?")


blueprint = Blueprint("embed", __name__)


@blueprint.get("/embed/<string(length=10):key>")
def embed(key: str) -> Response:
    services = the_services()
    with reading(services.engine) as session:
        show, card = _find(session, key)
    _allow_framing()
    return shared_answer(
        render_template("public/embed/embed.html", show=show, card=card, episode=card.episode)
    )


@blueprint.get("/oembed")
def oembed() -> Response:
    services = the_services()
    if request.args.get("format", "json") != "json":
        abort(501)
    key = episode_key(request.args.get("url", ""), services.addresses.public_url)
    if key is None:
        abort(404)
    with reading(services.engine) as session:
        show, card = _find(session, key)
    response = jsonify(_describe(services, show, card))
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def episode_key(url: str, public_url: str) -> str | None:
    """The key in the address of one of our episode pages, None for anything else."""
    if not url.startswith(public_url + "/"):
        return None
    match = _PATH.fullmatch(url.removeprefix(public_url))
    return match[1] if match else None


def _find(session: Session, key: str) -> tuple[Show, EpisodeCard]:
    episode = session.query(Episode).filter(Episode.key == key).first()
    card = episode_by_key(session, episode.show, key, current_time()) if episode else None
    if episode is None or card is None or card.audio is None:
        abort(404)
    return episode.show, card


def _allow_framing() -> None:
    policy: Policy = current_app.config["CONTENT_POLICY"]
    g.content_policy = Policy(media=policy.media, frame_ancestors="*")


def _describe(services: Services, show: Show, card: EpisodeCard) -> dict[str, Any]:
    width = min(max(request.args.get("maxwidth", WIDTH, type=int), SMALLEST_WIDTH), WIDTH)
    public_url = services.addresses.public_url
    address = f"{public_url}/embed/{card.episode.key}"
    title = html.escape(card.episode.title, quote=True)
    facts: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "provider_name": services.site.name,
        "provider_url": public_url + "/",
        "title": card.episode.title,
        "author_name": show.author or show.title,
        "author_url": services.addresses.show(show.slug),
        "width": width,
        "height": HEIGHT,
        "html": f'<iframe src="{address}" title="{title}" width="{width}" height="{HEIGHT}" '
        'loading="lazy" frameborder="0"></iframe>',
    }
    picture = card.episode.artwork_key or show.artwork_key
    if picture:
        facts |= {
            "thumbnail_url": public_url + variant_address(picture, 320),
            "thumbnail_width": 320,
            "thumbnail_height": 320,
        }
    return facts
