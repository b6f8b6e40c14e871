"""Saving an episode: its words, its price and its time, all of it or nothing."""

from __future__ import annotations

from datetime import datetime

from flask import request

from episodes.episodes import update_episode
from episodes.history import keeping
from episodes.models import Show
from episodes.publishing import status_of
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.forms import EpisodeForm
from podcast_server.pages.studio.episode.seen import refuse_clash
from podcast_server.pages.studio.episode.selling import refuse_for_nobody, take_price
from podcast_server.pages.studio.episode.timing import OUT, take_time
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import the_person

_NOTED = {"publish": "publish", "backdate": "publish", "schedule": "schedule"}


def save_form(form: EpisodeForm, key: str, now: datetime) -> str:
    """Save the form and do what its button says; gives what to tell. Raises EpisodeError."""
    act = request.form.get("act", "save")
    with doing(f"episode.{_NOTED.get(act, 'save')}", key) as database:
        episode = episode_here(database, key)
        show = database.get_one(Show, episode.show_id)
        old_title, sent = episode.title, form.fields(episode, show)
        refuse_clash(database, episode, show, form, sent | form.sent_time(episode, show))
        with keeping(database, episode, by=the_person().email, now=now):
            update_episode(database, episode, sent, now)
        take_price(database, episode, form, now, old_title=old_title)
        told = take_time(database, episode, form, act, now)
        if status_of(episode, now) in OUT:
            refuse_for_nobody(database, episode, now)
    return told
