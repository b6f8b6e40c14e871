"""Memberships given by hand: give, extend, end, always with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from feeds.grants import Cause
from podcast_server.billing.entitle import entitle_comp, give_feed
from podcast_server.billing.errors import BadOffer, NotForSale
from podcast_server.billing.models import Comp, Plan
from podcast_server.billing.till import Terms


def give_comp(
    session: Session,
    terms: Terms,
    member_id: int,
    plan: Plan,
    *,
    ends_at: datetime | None,
    reason: str,
    by: str,
    now: datetime,
) -> Comp:
    """Give a plan for nothing, until ``ends_at`` or for ever. Raises BadOffer."""
    if not reason.strip():
        raise BadOffer("say why, for the member's history")
    if ends_at is not None and ends_at <= now:
        raise BadOffer("this would be over already")
    comp = Comp(
        member_id=member_id,
        plan_id=plan.id,
        starts_at=now,
        ends_at=ends_at,
        reason=reason.strip()[:255],
        given_by=by[:80],
    )
    session.add(comp)
    session.flush()
    entitle_comp(session, terms, comp, Cause(by[:80], comp.reason), now)
    return comp


def change_comp(
    session: Session,
    terms: Terms,
    comp: Comp,
    *,
    ends_at: datetime | None,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Let it last longer or shorter; ``ends_at`` now or earlier ends it. Raises BadOffer."""
    if not reason.strip():
        raise BadOffer("say why, for the member's history")
    comp.ends_at = None if ends_at is None else max(ends_at, comp.starts_at)
    session.flush()
    entitle_comp(session, terms, comp, Cause(by[:80], reason.strip()[:255]), now)


def comps_of(session: Session, member_id: int) -> list[Comp]:
    """What a member was ever given, oldest first."""
    return list(session.scalars(select(Comp).where(Comp.member_id == member_id).order_by(Comp.id)))


def join_free(session: Session, terms: Terms, plan: Plan, member_id: int, now: datetime) -> None:
    """Take up a free plan, once the address is confirmed: a feed of every show it names.

    The same feeds grow when the member pays later. Raises NotForSale.
    """
    if not plan.is_free or plan.state != "open":
        raise NotForSale(f"{plan.name} cannot be joined for free")
    for each in plan.opens:
        give_feed(session, terms, member_id, each.show_id, now)
