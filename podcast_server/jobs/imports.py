"""Imports of members: gone on with wherever they stopped, and their invitations."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from feeds.models import PrivateFeed
from podcast_server.accounts.hand_over import HAND_OVER_SECRET, make_hand_over
from podcast_server.billing.errors import BillingError
from podcast_server.database import reading
from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.errors import MemberImportError
from podcast_server.moving.members.forget import forget_old_imports
from podcast_server.moving.members.imports import Desk, find_import
from podcast_server.moving.members.invite import AddLink, post_invitations
from podcast_server.moving.members.models import MemberImport
from podcast_server.moving.members.paths import PATH_SECRET
from podcast_server.moving.members.undo import carry_on_undoing
from podcast_server.services import Services

log = logging.getLogger(__name__)
_WORK: dict[str, Callable[[Desk, int, datetime], None]] = {
    "reading": carry_on,
    "applying": carry_on,
    "undoing": carry_on_undoing,
}


def desk_of(services: Services) -> Desk:
    """What bringing members over needs, of this installation."""
    language = services.site.language
    return Desk(services.till, services.tokens.derive(PATH_SECRET), language)


def hosts_here(services: Services) -> list[str]:
    """Names of hosts under which old feed addresses are asked for here."""
    site = services.settings.site
    return [urlsplit(site.public_url).hostname or "", *site.old_hosts]


def work_on_imports(services: Services, now: datetime) -> None:
    """Go on with every import that is under way, and invite a few more people."""
    desk = desk_of(services)
    with reading(services.engine) as session:
        query = select(MemberImport.id, MemberImport.state).where(MemberImport.state.in_(_WORK))
        under_way = session.execute(query.order_by(MemberImport.id)).all()
    for number, state in under_way:
        try:
            _WORK[state](desk, number, now)
        except MemberImportError as error:  # trying again would not help
            _note_problem(services, number, str(error), state="draft")
        except BillingError as error:
            _note_problem(services, number, str(error))
    post_invitations(desk, services.site.name, add_link_of(services), now)


def _note_problem(services: Services, number: int, problem: str, *, state: str = "") -> None:
    """For the podcaster to read. One that cannot be read is a draft again, for other choices."""
    log.warning("import %d: %s", number, problem)
    with services.sessions.begin() as session:
        found = find_import(session, number)
        found.problem = problem[:500]
        if found.state == "reading" and state:
            found.state = state


def add_link_of(services: Services) -> AddLink:
    """Makes addresses of the buttons that add a feed, good until a time."""
    secret = services.tokens.derive(HAND_OVER_SECRET)
    public_url = services.settings.site.public_url

    def add_link(feed: PrivateFeed, until: datetime) -> str:
        return f"{public_url}/hand-over/{make_hand_over(secret, feed.id, until)}"

    return add_link


def forget_imports(services: Services, now: datetime) -> None:
    """Delete what is no longer needed of imports."""
    with services.sessions.begin() as session:
        forget_old_imports(session, now)
