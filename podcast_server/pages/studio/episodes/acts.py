"""What the list does with the chosen episodes, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash
from flask_babel import gettext
from sqlalchemy.orm import Session

from episodes.episodes import update_episode
from episodes.errors import EpisodeError
from episodes.history import keeping
from episodes.models import Episode
from episodes.publishing import Status, restore_episode, unpublish_episode
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.episode.selling import nobody_hears, refuse_for_nobody
from podcast_server.pages.studio.episode.timing import OUT, publish_now
from podcast_server.pages.studio.episodes.here import episode_here
from podcast_server.pages.studio.guard import the_person
from podcast_server.pages.studio.reasons import reason
from podcast_server.pages.studio.words import status_words
from podcast_server.pages.wiring import current_time


def try_act(name: str, key: str) -> bool:
    """Whether it is done; if not, the reason has been said."""
    try:
        with doing(f"episode.{name}", key) as database:
            episode = episode_here(database, key)
            with keeping(database, episode, by=the_person().email, now=current_time()):
                ACTS[name](database, episode)
    except EpisodeError as error:
        flash(reason(error), "danger")
        return False
    return True


def bring_back(database: Session, episode: Episode) -> Status:
    """As it was before it was deleted, a draft where that is not right any more; gives which."""
    now = current_time()
    status = restore_episode(database, episode, now)
    if status in OUT and nobody_hears(database, episode, now):
        unpublish_episode(database, episode, state="draft", now=now)
        status = "draft"
    return status


def _publish(database: Session, episode: Episode) -> None:
    publish_now(database, episode, current_time())
    refuse_for_nobody(database, episode, current_time())


def _withdraw(database: Session, episode: Episode) -> None:
    unpublish_episode(database, episode, state="withdrawn", now=current_time())


def _delete(database: Session, episode: Episode) -> None:
    unpublish_episode(database, episode, state="deleted", now=current_time())


def _restore(database: Session, episode: Episode) -> None:
    was = episode.deleted_from
    status = bring_back(database, episode)
    if status != was and was:
        flash(restored_words(episode, was, status), "warning")


def restored_words(episode: Episode, was: str, status: str) -> str:
    """That it is back, and as what; that this is not what it was."""
    if was in {"", status}:
        return str(
            gettext(
                "“%(title)s” is back: %(state)s.",
                title=episode.title,
                state=status_words(status).lower(),
            )
        )
    return str(
        gettext(
            "“%(title)s” is back as a draft. It was %(state)s, and that is not right any more: "
            "look at its time and at who may hear it.",
            title=episode.title,
            state=status_words(was).lower(),
        )
    )


def _free(database: Session, episode: Episode) -> None:
    update_episode(database, episode, {"audience": "free", "tier_ids": []}, current_time())


def _members(database: Session, episode: Episode) -> None:
    update_episode(database, episode, {"audience": "members", "tier_ids": []}, current_time())


ACTS: dict[str, Callable[[Session, Episode], None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "delete": _delete,
    "restore": _restore,
    "free": _free,
    "members": _members,
}
