"""When an episode comes out: what each button of the editor makes of the time that was typed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask_babel import gettext
from sqlalchemy.orm import Session

from episodes.errors import BadField
from episodes.models import Episode, Show
from episodes.publishing import publish_episode, record_change, status_of
from podcast_server.i18n import format_moment
from podcast_server.pages.studio.episode.forms import EpisodeForm

Way = Literal["backdate", "take_back"]
OUT = ("published", "scheduled")


class TimeRefused(BadField):
    """The time typed would do what nobody expects. ``way`` is the button that does it."""

    def __init__(self, message: str, way: Way) -> None:
        super().__init__("publish_at", message)
        self.way = way


def take_time(
    database: Session, episode: Episode, form: EpisodeForm, act: str, now: datetime
) -> str:
    """Do what the button says and tell what has happened. Raises TimeRefused, NotPublishable."""
    show = database.get_one(Show, episode.show_id)
    if act == "publish":
        return _publish(database, episode, form, show, now)
    if act in {"schedule", "backdate"}:
        return _schedule(database, episode, form, show, now, past=act == "backdate")
    if status_of(episode, now) in OUT:
        return _save_out(database, episode, form, show, now)
    return _save_draft(database, episode, form, show, now)


def publish_now(database: Session, episode: Episode, now: datetime) -> None:
    """Bring it out; what was out before and withdrawn keeps its date. Raises NotPublishable."""
    was_out = status_of(episode, now) in {"withdrawn", "published"}
    at = min(episode.publish_at or now, now) if was_out else now
    publish_episode(database, episode, at=at, now=now)


def _publish(
    database: Session, episode: Episode, form: EpisodeForm, show: Show, now: datetime
) -> str:
    unused = form.new_time(episode, show)
    publish_now(database, episode, now)
    if unused is not None:
        return str(gettext("It is out now. The time typed under “Comes out” was not used."))
    if episode.publish_at != now:
        return str(gettext("It is out again, dated %(moment)s.", moment=_said(episode, show)))
    return str(gettext("It is out. Members’ apps find it the next time they look."))


def _schedule(
    database: Session, episode: Episode, form: EpisodeForm, show: Show, now: datetime, *, past: bool
) -> str:
    at = form.time(episode, show)
    if at is None:
        raise BadField("publish_at", gettext("Say when it is to come out."))
    if at <= now and not past:
        raise _past_time()
    publish_episode(database, episode, at=at, now=now)
    if at <= now:
        return str(gettext("It is out, dated %(moment)s.", moment=_said(episode, show)))
    return str(gettext("It comes out on %(moment)s.", moment=_said(episode, show)))


def _save_out(
    database: Session, episode: Episode, form: EpisodeForm, show: Show, now: datetime
) -> str:
    """A new time counts at once, unless it would bring the episode out or take it back."""
    if form.time_is_emptied:
        raise BadField("publish_at", gettext("Say when it is to come out."))
    at = form.new_time(episode, show)
    if at is None:
        return str(gettext("Saved. Podcast apps show it the next time they look."))
    is_out = status_of(episode, now) == "published"
    if at > now and is_out:
        raise TimeRefused(
            gettext(
                "It is out already. A time to come takes it out of all feeds until then: "
                "press “Take it back until then” if you mean that."
            ),
            "take_back",
        )
    if at <= now and not is_out:
        raise _past_time()
    publish_episode(database, episode, at=at, now=now)
    if is_out:
        return str(gettext("Saved. It is dated %(moment)s now.", moment=_said(episode, show)))
    return str(gettext("Saved. It comes out on %(moment)s.", moment=_said(episode, show)))


def _save_draft(
    database: Session, episode: Episode, form: EpisodeForm, show: Show, now: datetime
) -> str:
    at = form.new_time(episode, show)
    if at is not None or form.time_is_emptied:
        episode.publish_at = at
        record_change(database, episode.show_id, now=now, episode=episode)
    if at is not None and at > now:
        return str(
            gettext(
                "Saved. It is not scheduled yet: press “Schedule”, and it comes out on %(moment)s.",
                moment=_said(episode, show),
            )
        )
    return str(gettext("Saved."))


def _past_time() -> TimeRefused:
    return TimeRefused(
        gettext(
            "This time has passed. Choose one to come, or press “Publish with this date” to bring "
            "it out now as an episode of that day."
        ),
        "backdate",
    )


def _said(episode: Episode, show: Show) -> str:
    assert episode.publish_at is not None
    return format_moment(episode.publish_at, show.time_zone)
