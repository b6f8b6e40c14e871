"""Every blueprint in one list: the site map."""

from __future__ import annotations

from flask import Blueprint

from podcast_server.services import Services


def page_blueprints(services: Services) -> list[Blueprint]:
    """All pages of the site."""
    del services
    return []
