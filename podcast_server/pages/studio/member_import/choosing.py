"""What the podcaster chooses about a table: where tiers lead, which column is what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from episodes.models import Show
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.roles import may, role_for
from podcast_server.billing.plans import list_plans
from podcast_server.moving.members.errors import MappingRefused
from podcast_server.moving.members.imports import Table
from podcast_server.moving.members.presets import FIELDS
from podcast_server.moving.members.targets import SKIP, Choices

MOST_TIERS = 100


@dataclass(frozen=True, slots=True)
class TierChoice:
    """A tier of the old host on the form: its place there, how many have it, where it leads."""

    number: int
    name: str
    people: int
    target: str


def offered_targets(session: Session, person: Staff, show: Show) -> list[tuple[str, str]]:
    """Where people may be led from this show's studio: (target, words).

    Plans that open other shows too are for those who may work on all of them.
    """
    offers = [
        (f"plan:{plan.slug}", gettext("Plan: %(name)s", name=plan.name))
        for plan in list_plans(session)
        if plan.state == "open"
        and _is_theirs(session, person, show, [o.show_id for o in plan.opens])
    ]
    offers.append((f"show:{show.slug}", gettext("All members’ episodes, without a plan")))
    offers += [
        (f"show:{show.slug}/{tier.slug}", gettext("Tier: %(name)s", name=tier.name))
        for tier in show.tiers
    ]
    return [*offers, (SKIP, gettext("Leave them out"))]


def _is_theirs(session: Session, person: Staff, show: Show, opened: list[int]) -> bool:
    return show.id in opened and all(
        may(role_for(session, person, each), "editor") for each in opened
    )


def sent_choices(offers: list[tuple[str, str]], *, may_adopt: bool) -> Choices:
    """The choices as the form sent them. Raises MappingRefused."""
    form = request.form
    default, tiers = form.get("default", ""), _sent_tiers(form)
    refuse_other_targets(offers, {default, *tiers.values()})
    names = {field: form.get(f"column-{field}", "") for field in FIELDS}
    path = form.get("old_path", "").strip()[:500]
    if path and ("{}" not in path or not path.startswith("/")):
        raise MappingRefused(
            gettext("The old path begins with / and has {} where the token stood.")
        )
    return Choices(
        default=default,
        tiers={tier: target for tier, target in tiers.items() if target},
        columns={field: name for field, name in names.items() if name},
        until=_end_of_day(form.get("until", "")),
        adopt=may_adopt and "adopt" in form,
        day_first="day_first" in form,
        old_path=path,
    )


def refuse_other_targets(offers: list[tuple[str, str]], chosen: set[str]) -> None:
    """Nobody is led to where this person may not let them in. Raises MappingRefused."""
    if not chosen <= {target for target, _ in offers} | {""}:
        raise MappingRefused(gettext("Choose where people are led from the list."))


def _sent_tiers(form: MultiDict[str, str]) -> dict[str, str]:
    return {
        form.get(f"tiername-{number}", "")[:255]: form.get(f"tier-{number}", "")
        for number in range(MOST_TIERS)
        if f"tiername-{number}" in form
    }


def _end_of_day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise MappingRefused(gettext("This is not a day.")) from None
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def tier_choices(table: Table, choices: Choices) -> list[TierChoice]:
    """The tiers of a table, those with most people first."""
    counted = sorted(table.tiers().items(), key=lambda item: (-item[1], item[0]))
    named = [(name, people) for name, people in counted if name][:MOST_TIERS]
    return [
        TierChoice(number, name[:255], people, choices.tiers.get(name[:255], ""))
        for number, (name, people) in enumerate(named)
    ]
