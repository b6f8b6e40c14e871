"""A feed that looks shared: tell the podcaster, ask the member, reset only where that is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Show
from feeds.grants import Cause
from feeds.models import PrivateFeed
from feeds.private_feeds import replace_feed
from feeds.sharing.policy import Policy
from feeds.sharing.watch import Due, due_steps, take_step, wishes_of
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import Member
from podcast_server.i18n import LANGUAGES
from podcast_server.mail.letter import Letter
from podcast_server.mail.outbox import put_letter
from podcast_server.mail.sharing_letters import (
    shared_letter,
    shared_notice_letter,
    shared_reset_letter,
)
from podcast_server.settings import FeedSettings, Settings


@dataclass(frozen=True, slots=True)
class Keeper:
    """By what rules, and in whose name, shared feeds are looked after."""

    policy: Policy
    site_name: str
    public_url: str
    signing_key: str
    notice: timedelta  # how long a reset feed says so


def sharing_policy(settings: FeedSettings) -> Policy:
    """The policy of this server."""
    return Policy(copies=settings.sharing_copies, days=settings.sharing_days)


def keeper_of(settings: Settings, signing_key: str) -> Keeper:
    """Who looks after shared feeds on this server; new addresses are signed with the key."""
    return Keeper(
        policy=sharing_policy(settings.feeds),
        site_name=settings.site.name,
        public_url=settings.site.public_url,
        signing_key=signing_key,
        notice=timedelta(days=settings.feeds.replaced_notice_days),
    )


def look_after_shared_feeds(
    sessions: sessionmaker[Session], keeper: Keeper, now: datetime
) -> list[Due]:
    """Take every step that is due, each in one transaction with its letter; returns them."""
    with sessions() as session:
        session.connection(execution_options={"read_only": True})
        due = due_steps(session, keeper.policy, now)
    return [each for each in due if _take(sessions, keeper, each, now)]


def _take(sessions: sessionmaker[Session], keeper: Keeper, due: Due, now: datetime) -> bool:
    with sessions.begin() as session:
        cause = Cause("sharing", "fetched more widely than one member does")
        return take_due(session, keeper, due, cause, now)


def take_due(session: Session, keeper: Keeper, due: Due, cause: Cause, now: datetime) -> bool:
    """Take one step with its letter, due by the rule or by the podcaster's hand; false if it was
    taken already."""
    if not take_step(session, due, now):
        return False
    feed = session.get_one(PrivateFeed, due.feed_id)
    show = session.get_one(Show, feed.show_id)
    member = session.get_one(Member, feed.member_id)
    if due.step == "notice" and show.owner_email:
        wishes = wishes_of(session, show.id)
        letter = _notice(keeper, show, member, due, mails_member=wishes.mails_member)
        _post(session, keeper, letter, show.owner_email, now)
    elif due.step == "mail" and not is_erased(member):
        _post(session, keeper, _ask(keeper, show, member, feed), member.email, now)
    elif due.step == "reset" and feed.state == "open":
        fresh = _reset(session, keeper, feed, cause, now)
        link = f"{keeper.public_url}/me/feeds/{fresh.id}"
        letter = shared_reset_letter(member.locale, show.title, link)
        _post(session, keeper, letter, member.email, now)
    return True


def _notice(keeper: Keeper, show: Show, member: Member, due: Due, *, mails_member: bool) -> Letter:
    language = show.language[:2].lower()
    return shared_notice_letter(
        language if language in LANGUAGES else "en",
        show.title,
        member.email,
        len(due.days),
        f"{keeper.public_url}/studio/shows/{show.slug}/sharing",
        mails_member=mails_member,
    )


def _ask(keeper: Keeper, show: Show, member: Member, feed: PrivateFeed) -> Letter:
    link = f"{keeper.public_url}/me/feeds/{feed.id}/reset"
    figures = f"{keeper.public_url}/me/feeds/{feed.id}/sharing"
    return shared_letter(member.locale, show.title, link, figures)


def _reset(
    session: Session, keeper: Keeper, feed: PrivateFeed, cause: Cause, now: datetime
) -> PrivateFeed:
    return replace_feed(
        session,
        feed,
        signing_key=keeper.signing_key,
        notice=keeper.notice,
        cause=cause,
        now=now,
    )


def _post(session: Session, keeper: Keeper, letter: Letter, recipient: str, now: datetime) -> None:
    put_letter(session, letter, recipient, site_name=keeper.site_name, now=now)
