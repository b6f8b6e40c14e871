"""The site map: every page is in this list."""

from __future__ import annotations

from flask import Blueprint

from podcast_server.pages.public.artwork.views import artwork_blueprint
from podcast_server.pages.public.discovery.views import discovery_blueprint
from podcast_server.pages.public.embed.views import embed_blueprint
from podcast_server.pages.public.episode.views import episode_blueprint
from podcast_server.pages.public.home.views import home_blueprint
from podcast_server.pages.public.show.views import show_blueprint
from podcast_server.services import Services


def page_blueprints(services: Services) -> list[Blueprint]:
    """All pages, public ones first."""
    return [
        home_blueprint(services),  # /
        show_blueprint(services),  # /shows/<slug>
        episode_blueprint(services),  # /shows/<slug>/<key>, …/transcript
        embed_blueprint(services),  # /embed/<key>, /oembed
        artwork_blueprint(services),  # /covers/<width>/…
        discovery_blueprint(services),  # /robots.txt, /sitemap.xml
    ]
