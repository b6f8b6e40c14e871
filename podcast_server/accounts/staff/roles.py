"""What somebody may do: owners everything, editors a show's work, analysts its numbers."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from episodes.models import Show
from podcast_server.accounts.staff.models import Staff, StaffRole

Role = Literal["analyst", "editor", "owner"]
GIVEN: tuple[Role, ...] = ("editor", "analyst")
_RANK = {role: rank for rank, role in enumerate(get_args(Role))}


def role_for(session: Session, person: Staff, show_id: int) -> Role | None:
    """Somebody's role for a show, None where the show is none of their business."""
    if person.is_owner:
        return "owner"
    role = session.scalar(
        select(StaffRole.role).where(StaffRole.staff_id == person.id, StaffRole.show_id == show_id)
    )
    return next((known for known in GIVEN if known == role), None)


def may(role: Role | None, needed: Role) -> bool:
    """Whether a role is enough."""
    return role is not None and _RANK[role] >= _RANK[needed]


def shows_of(session: Session, person: Staff) -> list[Show]:
    """The shows somebody works on, by title."""
    query = select(Show).order_by(Show.title, Show.id)
    if not person.is_owner:
        mine = select(StaffRole.show_id).where(StaffRole.staff_id == person.id)
        query = query.where(Show.id.in_(mine))
    return list(session.scalars(query))


def give_role(session: Session, staff_id: int, show_id: int, role: Role) -> None:
    """Give somebody a role for a show, instead of the one they had."""
    take_role(session, staff_id, show_id)
    session.add(StaffRole(staff_id=staff_id, show_id=show_id, role=role))
    session.flush()


def take_role(session: Session, staff_id: int, show_id: int) -> None:
    """Take somebody's role for a show away."""
    session.execute(
        delete(StaffRole).where(StaffRole.staff_id == staff_id, StaffRole.show_id == show_id)
    )


def roles_of(session: Session, staff_id: int) -> list[tuple[Show, str]]:
    """Somebody's roles, by show."""
    rows = session.execute(
        select(Show, StaffRole.role)
        .join(StaffRole, StaffRole.show_id == Show.id)
        .where(StaffRole.staff_id == staff_id)
        .order_by(Show.title)
    )
    return [(show, role) for show, role in rows]
