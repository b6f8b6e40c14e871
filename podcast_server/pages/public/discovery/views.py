"""``/robots.txt`` and ``/sitemap.xml``."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from podcast_server.database import reading
from podcast_server.pages.public.answers import shared_answer
from podcast_server.pages.public.catalogue import known_to_all, shows_with_episodes
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.services import Services

# Private addresses are kept out here and by X-Robots-Tag; nobody should index either.
DISALLOWED = (
    "/f/",
    "/m/",
    "/me",
    "/sign-in",
    "/hand-over",
    "/report/",
    "/unsubscribe/",
    "/studio",
    "/api/",
    "/embed/",
)
MOST_ADDRESSES = 50_000  # sitemaps.org


blueprint = Blueprint("discovery", __name__)


@blueprint.get("/robots.txt")
def robots() -> Response:
    services = the_services()
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DISALLOWED)]
    lines.append(f"Sitemap: {services.addresses.public_url}/sitemap.xml")
    return shared_answer("\n".join(lines) + "\n", mime="text/plain", seconds=3600)


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    services = the_services()
    with reading(services.engine) as session:
        pages = _pages(services, session, current_time())
    return shared_answer(_document(pages), mime="application/xml", seconds=3600)


def _pages(services: Services, session: Session, now: datetime) -> list[tuple[str, datetime]]:
    addresses = services.addresses
    pages: list[tuple[str, datetime]] = []
    for show in shows_with_episodes(session, now):
        pages.append((addresses.show(show.slug), show.updated_at))
        query = (
            select(Episode.key, Episode.updated_at)
            .where(known_to_all(show, now))
            .order_by(Episode.publish_at.desc())
            .limit(MOST_ADDRESSES - len(pages) - 1)
        )
        pages += [
            (addresses.episode(show.slug, key), updated) for key, updated in session.execute(query)
        ]
    return [(f"{addresses.public_url}/", max((at for _, at in pages), default=now)), *pages]


def _document(pages: list[tuple[str, datetime]]) -> str:
    rows = "".join(
        f"<url><loc>{escape(address)}</loc>"
        f"<lastmod>{updated.astimezone(UTC).date().isoformat()}</lastmod></url>"
        for address, updated in pages
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'
    )
