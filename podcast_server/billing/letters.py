"""Which letters about money are due, read from how things stand. Each is written once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale
from babel.dates import format_date
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from feeds.models import PrivateFeed
from feeds.private_feeds import find_feed
from podcast_server.accounts.members import is_erased
from podcast_server.accounts.models import Member
from podcast_server.billing.entitle import is_paid
from podcast_server.billing.fixed_terms import FixedTerm, fixed_terms
from podcast_server.billing.gifts import code_of, gifts_to_send
from podcast_server.billing.models import Checkout, Gift, Purchase, Subscription
from podcast_server.billing.models.letters import PaymentLetter
from podcast_server.billing.money import Money, format_money
from podcast_server.billing.plans import ALIVE
from podcast_server.billing.till import Till
from podcast_server.mail.letter import Letter
from podcast_server.mail.outbox import put_letter
from podcast_server.mail.payment_letters import (
    doubled_letter,
    ended_letter,
    ending_letter,
    failing_letter,
    gift_bought_letter,
    gift_letter,
    term_ending_letter,
    trial_letter,
    welcome_letter,
)

# What is older was known before, or is no news any more.
NEWS = timedelta(days=7)
AHEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to write; ``about`` and ``kind`` say which, so that it is written once."""

    about: str
    kind: str
    member_id: int
    write: Callable[[Member], Letter]


AddLink = Callable[[PrivateFeed], str]


def post_payment_letters(
    till: Till,
    site_name: str,
    now: datetime,
    *,
    dunning: bool,
    add_link: AddLink | None = None,
    quiet: ColumnElement[bool] | None = None,
) -> int:
    """Put every letter that is due into the outbox; returns how many.

    ``dunning`` False leaves failing cards and trials to the provider's own mails. ``add_link``
    makes the address of the buttons that add a feed to an app; ``quiet`` tells grants whose end
    nobody is written to about. One transaction for each letter, together with the note that it
    was written.
    """
    with till.reading() as session:
        due = list(_due(session, till, now, dunning=dunning, add_link=add_link, quiet=quiet))
    written = sum(_post(till, each, site_name, now) for each in due)
    return written + _post_gifts(till, site_name, now)


def _post(till: Till, due: Due, site_name: str, now: datetime) -> int:
    with till.sessions.begin() as session:
        if not _is_mine(session, due, now):
            return 0
        member = session.get_one(Member, due.member_id)
        if is_erased(member):
            return 0
        put_letter(session, due.write(member), member.email, site_name=site_name, now=now)
    return 1


def _is_mine(session: Session, due: Due, now: datetime) -> bool:
    """Take the letter on; False where it is written, or another process writes it just now."""
    if not _unwritten(session, due.about, due.kind):
        return False
    try:
        with session.begin_nested():
            session.add(PaymentLetter(about=due.about, kind=due.kind, at=now))
    except IntegrityError:
        return False
    return True


def _due(
    session: Session,
    till: Till,
    now: datetime,
    *,
    dunning: bool,
    add_link: AddLink | None,
    quiet: ColumnElement[bool] | None,
) -> Iterator[Due]:
    yield from _welcomes(session, till, now, add_link)
    yield from _ends(session, till, now)
    yield from _fixed_terms(session, till, now, quiet)
    if dunning:
        yield from _failing(session, till)
        yield from _trials(session, till, now)
    yield from _gifts_bought(session, till, now)


def _memberships() -> Select[Subscription]:
    return select(Subscription).where(Subscription.purpose == "membership")


def _renewed() -> Select[Subscription]:
    """What opens feeds and renews: memberships, and the seats of groups, by their payer."""
    return select(Subscription).where(Subscription.purpose.in_(("membership", "seats")))


def _unwritten(session: Session, about: str, kind: str) -> bool:
    return session.get(PaymentLetter, (about, kind)) is None


def _name(row: Subscription | Purchase) -> str:
    if row.plan is not None:
        return row.plan.name
    collection = row.collection if isinstance(row, Purchase) else None
    return "" if collection is None else collection.name


def _welcomes(
    session: Session, till: Till, now: datetime, add_link: AddLink | None
) -> Iterator[Due]:
    begun = _memberships().where(
        Subscription.status.in_(("trialing", "active")), Subscription.started_at > now - NEWS
    )
    bought = select(Purchase).where(
        Purchase.status == "paid",
        Purchase.purpose.in_(("membership", "collection")),
        Purchase.paid_at > now - NEWS,
    )
    for row in [*session.scalars(begun), *session.scalars(bought)]:
        about = f"{'subscription' if isinstance(row, Subscription) else 'purchase'}:{row.id}"
        doubled = isinstance(row, Subscription) and _is_double(session, till, row)
        if not doubled and _unwritten(session, about, "welcome"):
            add = _add_address(session, row, add_link)
            yield Due(about, "welcome", row.member_id, _welcome(till, _name(row), add))


def _welcome(till: Till, name: str, add: str) -> Callable[[Member], Letter]:
    mine, receipts = f"{till.public_url}/me", f"{till.public_url}/me/billing"
    return lambda member: welcome_letter(member.locale, name, mine, receipts, add=add)


def _add_address(session: Session, row: Subscription | Purchase, add_link: AddLink | None) -> str:
    """Where the feed of what was paid for is added to an app; "" where there is none yet."""
    openings = row.plan.opens if row.plan is not None else []
    if add_link is None or not openings:
        return ""
    feed = find_feed(session, row.member_id, openings[0].show_id)
    return "" if feed is None else add_link(feed)


def _is_double(session: Session, till: Till, row: Subscription) -> bool:
    """Whether an older membership of the same plan goes on."""
    older = _others(till, row).where(
        Subscription.status.in_(ALIVE), Subscription.cancel_at.is_(None), Subscription.id < row.id
    )
    return session.scalars(older).first() is not None


def _goes_on(session: Session, till: Till, row: Subscription) -> bool:
    """Whether a newer membership of the same plan took this one's place. Groups may be several."""
    if row.purpose != "membership":
        return False
    newer = _others(till, row).where(
        Subscription.status.in_(("trialing", "active")),
        Subscription.cancel_at.is_(None),
        Subscription.id > row.id,
    )
    return session.scalars(newer).first() is not None


def _others(till: Till, row: Subscription) -> Select[Subscription]:
    return _memberships().where(
        Subscription.member_id == row.member_id,
        Subscription.plan_id == row.plan_id,
        Subscription.realm.in_(till.providers),
    )


def _ends(session: Session, till: Till, now: datetime) -> Iterator[Due]:
    over = _renewed().where(
        Subscription.status.in_(("ended", "unpaid")), Subscription.as_of > now - NEWS
    )
    for row in session.scalars(over):
        about = f"subscription:{row.id}"
        if not _unwritten(session, about, "ended") or _never_began(session, row):
            continue
        if _goes_on(session, till, row):
            continue
        doubled = row.purpose == "membership" and _is_double(session, till, row)
        yield Due(about, "ended", row.member_id, _end(till, row, doubled=doubled))
    soon = _renewed().where(
        Subscription.status.in_(("trialing", "active")),
        Subscription.cancel_at > now,
        Subscription.cancel_at <= now + AHEAD,
    )
    for row in session.scalars(soon):
        kind = f"ending:{row.cancel_at:%Y-%m-%d}"
        if _unwritten(session, f"subscription:{row.id}", kind) and not _goes_on(session, till, row):
            yield Due(f"subscription:{row.id}", kind, row.member_id, _ending(till, row))


def _never_began(session: Session, row: Subscription) -> bool:
    """Nothing was ever paid or tried: its end is nobody's loss."""
    return _unwritten(session, f"subscription:{row.id}", "welcome") and not row.payments


def _end(till: Till, row: Subscription, *, doubled: bool) -> Callable[[Member], Letter]:
    name = _name(row)
    if doubled:
        return lambda member: doubled_letter(member.locale, name, f"{till.public_url}/me")
    way = "group" if row.purpose == "seats" else "join"
    link = f"{till.public_url}/{way}/{row.plan.key}" if row.plan else f"{till.public_url}/me"
    return lambda member: ended_letter(member.locale, name, link)


def _ending(till: Till, row: Subscription) -> Callable[[Member], Letter]:
    name, day, link = _name(row), row.cancel_at, f"{till.public_url}/me/billing"
    return lambda member: ending_letter(member.locale, name, _day(day, member), link)


def _fixed_terms(
    session: Session, till: Till, now: datetime, quiet: ColumnElement[bool] | None
) -> Iterator[Due]:
    for term in fixed_terms(session, now, ahead=AHEAD, news=NEWS, quiet=quiet):
        link = f"{till.public_url}/shows/{term.show.slug}#join"
        over = term.ends_at <= now
        kind = f"{'ended' if over else 'ending'}:{term.ends_at:%Y-%m-%d}"
        if _unwritten(session, term.about, kind):
            write = _term_over(term, link) if over else _term_ends(term, link)
            yield Due(term.about, kind, term.member_id, write)


def _term_over(term: FixedTerm, link: str) -> Callable[[Member], Letter]:
    return lambda member: ended_letter(member.locale, term.show.title, link)


def _term_ends(term: FixedTerm, link: str) -> Callable[[Member], Letter]:
    title = term.show.title
    return lambda member: term_ending_letter(member.locale, title, _day(term.ends_at, member), link)


def _failing(session: Session, till: Till) -> Iterator[Due]:
    link = f"{till.public_url}/me/billing"
    failing = _renewed().where(
        Subscription.status == "past_due", Subscription.past_due_since.is_not(None)
    )
    for row in session.scalars(failing):
        kind = f"failing:{row.past_due_since:%Y-%m-%d}"
        if row.past_due_since and _unwritten(session, f"subscription:{row.id}", kind):
            until = row.past_due_since + till.terms.rules.grace
            write = _fail(_name(row), until, link)
            yield Due(f"subscription:{row.id}", kind, row.member_id, write)


def _fail(name: str, until: datetime, link: str) -> Callable[[Member], Letter]:
    return lambda member: failing_letter(member.locale, name, _day(until, member), link)


def _trials(session: Session, till: Till, now: datetime) -> Iterator[Due]:
    ending = _memberships().where(
        Subscription.status == "trialing",
        Subscription.cancel_at.is_(None),
        Subscription.trial_end > now,
        Subscription.trial_end <= now + AHEAD,
    )
    for row in session.scalars(ending):
        if _unwritten(session, f"subscription:{row.id}", "trial"):
            yield Due(f"subscription:{row.id}", "trial", row.member_id, _trial(till, row))


def _trial(till: Till, row: Subscription) -> Callable[[Member], Letter]:
    name, link = _name(row), f"{till.public_url}/me/billing"
    money = Money(row.amount * row.quantity, row.currency)
    return lambda member: trial_letter(
        member.locale, name, _day(row.trial_end, member), format_money(money, member.locale), link
    )


def _gifts_bought(session: Session, till: Till, now: datetime) -> Iterator[Due]:
    link = f"{till.public_url}/gift"
    for gift in session.scalars(select(Gift).where(Gift.created_at > now - NEWS)):
        if _unwritten(session, f"gift:{gift.id}", "bought"):
            write = _bought(gift.plan.name, code_of(gift, till.terms), link)
            yield Due(f"gift:{gift.id}", "bought", gift.purchase.member_id, write)


def _bought(name: str, code: str, link: str) -> Callable[[Member], Letter]:
    return lambda member: gift_bought_letter(member.locale, name, code, link)


def _post_gifts(till: Till, site_name: str, now: datetime) -> int:
    """The codes whose day has come, to those who were given them."""
    with till.reading() as session:
        # One paid back before its day opens nothing any more.
        due = [
            gift.id for gift in gifts_to_send(session, now) if is_paid(gift.purchase, till.terms)
        ]
    for gift_id in due:
        with till.sessions.begin() as session:
            # Locked, so that two workers at once do not both send it.
            gift = session.get_one(Gift, gift_id, with_for_update=True)
            if gift.sent_at is None:
                gift.sent_at = now
                letter = _given(session, till, gift)
                put_letter(session, letter, gift.recipient_email, site_name=site_name, now=now)
    return len(due)


def _given(session: Session, till: Till, gift: Gift) -> Letter:
    checkout = session.get_one(Checkout, gift.purchase.checkout_id)
    giver = session.get_one(Member, gift.purchase.member_id)
    code = code_of(gift, till.terms)
    return gift_letter(
        checkout.locale,
        gift.plan.name,
        giver.name or giver.email,
        gift.message,
        code,
        f"{till.public_url}/gift?code={code}",
    )


def _day(moment: datetime | None, member: Member) -> str:
    return "" if moment is None else format_date(moment.date(), "long", Locale.parse(member.locale))
