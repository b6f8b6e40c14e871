"""What every template can use: asset and cover addresses, the sound mark, the site's name."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from episodes.notes import notes_html, plain_text
from episodes.pictures import is_stored
from podcast_server.pages.assets import Assets, assets_blueprint
from podcast_server.pages.look import look_address
from podcast_server.pages.member.signed_in import signed_in
from podcast_server.pages.public.artwork.variants import variant_address, variant_set
from podcast_server.pages.sound_mark import sound_path
from podcast_server.pages.studio.guard import the_worker
from podcast_server.pages.studio.menu import studio_menu
from podcast_server.pages.studio.plans.waiting import payments_waiting
from podcast_server.pages.studio.set_up.steps import set_up_step
from podcast_server.pages.studio.undo import undo_offered
from podcast_server.pages.studio.words import (
    audience_words,
    ledger_words,
    standing_words_of,
    status_words,
)
from podcast_server.services import Services
from podcast_server.settings import SiteSettings


def install_dressing(app: Flask, services: Services) -> None:
    """Register the assets and give the templates their words."""
    assets = Assets(Path(__file__).parent)
    app.register_blueprint(assets_blueprint(assets))
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        asset=assets.url,
        artwork=variant_address,
        artwork_set=variant_set,
        addresses=services.addresses,
        sound_path=sound_path,
        signed_in=signed_in,
        worker=the_worker,
        set_up_step=set_up_step,
        payments_waiting=payments_waiting,
        studio_menu=studio_menu,
        undo_offered=undo_offered,
        status_words=status_words,
        audience_words=audience_words,
        ledger_words=ledger_words,
        standing_words_of=standing_words_of,
    )
    app.context_processor(lambda: _look(services))
    environment.tests.update(stored_picture=is_stored)
    environment.filters.update(notes=notes_html, words=plain_text)


def _look(services: Services) -> dict[str, object]:
    """What the owner may have changed since the last page."""
    site = services.site
    own = site.accent != SiteSettings().accent
    return {
        "site_name": site.name,
        "look": look_address(site.accent) if own else None,
        "logo": services.logo,
    }
