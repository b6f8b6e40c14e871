"""Which plans people hold, read from their running rights: paid, seated, given or a gift."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from feeds.models import Grant
from podcast_server.billing.models import (
    Comp,
    Gift,
    Plan,
    Purchase,
    Seat,
    SeatGroup,
    Subscription,
)

BY_HAND = ""  # stands among the names for a right that somebody gave without a plan


def plan_names(
    session: Session, show_id: int, now: datetime, members: Collection[int] | None = None
) -> dict[int, list[str]]:
    """The names of the plans by which each member hears a show now, sorted; ``BY_HAND`` where a
    right was given without one. ``members`` leaves out everybody else."""
    query = select(Grant.member_id, Grant.source).where(
        Grant.show_id == show_id,
        Grant.scope.in_(("show", "tier")),
        Grant.starts_at <= now,
        or_(Grant.ends_at.is_(None), Grant.ends_at > now),
    )
    if members is not None:
        query = query.where(Grant.member_id.in_(members))
    held = session.execute(query).all()
    names = _names_of({source for _member, source in held}, session)
    found: dict[int, set[str]] = {}
    for member_id, source in held:
        if source in names:
            found.setdefault(member_id, set()).add(names[source])
    return {member_id: sorted(each) for member_id, each in found.items()}


def _names_of(sources: Iterable[str], session: Session) -> dict[str, str]:
    """The plan's name for each source of rights that has one."""
    ids: dict[str, list[int]] = {}
    names = {}
    for source in sources:
        kind, _colon, number = source.partition(":")
        if source == "manual":
            names[source] = BY_HAND
        elif kind in _PLANS and number.isdigit():
            ids.setdefault(kind, []).append(int(number))
    for kind, wanted in ids.items():
        query, key = _PLANS[kind]
        # In parcels: a database takes only so many values at once.
        for start in range(0, len(wanted), 500):
            rows = session.execute(query.where(key.in_(wanted[start : start + 500])))
            names |= {f"{kind}:{number}": name for number, name in rows}
    return names


def _through(table: type[Subscription | Purchase | Gift | Comp]) -> Select[int, str]:
    return select(table.id, Plan.name).join(Plan, Plan.id == table.plan_id)


# By the first word of a grant's source.
_PLANS = {
    "subscription": (_through(Subscription), Subscription.id),
    "purchase": (_through(Purchase), Purchase.id),
    "gift": (_through(Gift), Gift.id),
    "comp": (_through(Comp), Comp.id),
    "seat": (
        select(Seat.id, Plan.name)
        .join(SeatGroup, SeatGroup.id == Seat.group_id)
        .join(Subscription, Subscription.id == SeatGroup.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id),
        Seat.id,
    ),
}
