"""The checklist of a fresh installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from podcast_server.billing.models import Plan
from podcast_server.services import Services
from podcast_server.site.decisions import decided


@dataclass(frozen=True, slots=True)
class Left:
    """What a fresh installation has and lacks."""

    show: bool
    artwork: bool
    episode: bool
    plan: bool
    payments: bool
    mail: bool

    @property
    def nothing(self) -> bool:
        """Whether all is done."""
        return not self.count

    @property
    def count(self) -> int:
        """How many things are left; who decided to start without Stripe has payments, too."""
        wanted = (self.show, self.artwork, self.episode, self.plan, self.payments, self.mail)
        return wanted.count(False)


def left_to_do(database: Session, services: Services, now: datetime) -> Left:
    """The checklist, from what is there."""
    published = select(Episode.id).where(Episode.state == "ready", Episode.publish_at <= now)
    return Left(
        show=bool(database.scalar(select(func.count(Show.id)))),
        artwork=bool(
            database.scalar(select(func.count(Show.id)).where(Show.artwork_key.is_not(None)))
        ),
        episode=database.scalar(published.limit(1)) is not None,
        plan=database.scalar(select(Plan.id).limit(1)) is not None,
        payments=bool(services.settings.stripe.secret_key.get_secret_value())
        or bool(decided(database, "payments")),
        mail=bool(services.current.mail.host),
    )
