"""What does not work, so that “Everything works” is said only when it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext, ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from podcast_server.database import reading
from podcast_server.mail.models import OutgoingMail
from podcast_server.monitoring.readiness import look
from podcast_server.pages.studio.status.facts import Fact
from podcast_server.services import Services

LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs somebody; ``kind`` is that of the notice."""

    title: str
    text: str
    kind: str = "danger"


def troubles_of(services: Services, health: list[Fact], now: datetime) -> list[Trouble]:
    """Everything that does not work now, but for single jobs and messages about payments."""
    ready = look(services, now)
    with reading(services.engine) as database:
        mails = _mails(services, database, now)
    unwell = [
        Trouble(gettext("%(name)s: %(value)s", name=name, value=value), advice, "warning")
        for name, value, advice in health
        if advice
    ]
    return [*_jobs(ready.jobs), *_storage(ready.storage), *mails, *unwell]


def _jobs(state: str) -> list[Trouble]:
    if state == "never":
        text = gettext(
            "“podcast-server serve” runs them beside the server, “podcast-server worker” alone."
        )
        return [Trouble(gettext("No background job has run yet"), text, "warning")]
    if state == "late":
        text = gettext(
            "No mail is sent, no download counted and no backup made until it runs again. Ask "
            "whoever runs this server to start “podcast-server worker”, or the server, again."
        )
        return [Trouble(gettext("The background worker stands still"), text)]
    return []


def _storage(state: str) -> list[Trouble]:
    if state == "ok":
        return []
    text = gettext(
        "Episodes cannot be played or uploaded. Ask whoever runs this server to look at [storage]."
    )
    return [Trouble(gettext("Audio cannot be reached"), text)]


def _mails(services: Services, database: Session, now: datetime) -> list[Trouble]:
    counted = database.execute(
        select(OutgoingMail.state, func.count())
        .where(OutgoingMail.created_at > now - LATELY, OutgoingMail.state.in_(("failed", "kept")))
        .group_by(OutgoingMail.state)
    )
    count: dict[str, int] = {row[0]: row[1] for row in counted}
    found = []
    if failed := count.get("failed", 0):
        title = ngettext(
            "%(num)d mail could not be sent this week",
            "%(num)d mails could not be sent this week",
            failed,
        )
        found.append(Trouble(title, gettext("The outbox says why, and sends them again.")))
    if (kept := count.get("kept", 0)) and not services.current.mail.host:
        title = ngettext("%(num)d mail of this week waits", "%(num)d mails of this week wait", kept)
        text = gettext(
            "No mail server is set, so people do not get their links. Settings → Mail sets one."
        )
        found.append(Trouble(title, text, "warning"))
    return found
