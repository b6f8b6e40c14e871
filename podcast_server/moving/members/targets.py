"""What a tier of the old host leads to here: a plan, a show or a tier of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from episodes.errors import EpisodeError
from episodes.shows import find_show, find_tier
from podcast_server.billing.entitle import Right, rights_of_plan
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Plan
from podcast_server.billing.plans import find_plan
from podcast_server.moving.members.errors import MappingRefused

SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Choices:
    """How an import reads its file; kept with it, so that it can be resumed.

    ``columns``: field → column, before the preset's; ``tiers``: the host's tier → "plan:SLUG",
    "show:SLUG", "show:SLUG/TIER" or "skip"; ``default``: the same for all other tiers;
    ``until``: the end for those the file has no date for; ``old_path``: for files that hold only
    the token of the old feed, its path with "{}" in the token's place.
    """

    default: str = ""
    tiers: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None
    adopt: bool = True
    day_first: bool = False
    old_path: str = ""
    preset: str = "auto"


def as_json(choices: Choices) -> dict[str, Any]:
    """Plain values, to store."""
    plain = asdict(choices)
    plain["until"] = None if choices.until is None else choices.until.isoformat()
    return plain


def from_json(plain: Mapping[str, Any]) -> Choices:
    """What was stored."""
    until = plain["until"]
    return Choices(**{**plain, "until": None if until is None else datetime.fromisoformat(until)})


@dataclass(frozen=True, slots=True)
class Target:
    """Where people are led: their rights, and the shows they get a feed of. No shows: skipped."""

    rights: tuple[Right, ...] = ()
    shows: tuple[int, ...] = ()
    plan_id: int | None = None

    @property
    def is_skip(self) -> bool:
        """Whether people with this tier stay where they are."""
        return not self.shows


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets of an import, looked up once."""

    by_tier: dict[str, Target]
    default: Target | None

    def find(self, tier: str) -> Target | None:
        """The tier's own target, else of its parts, else the default; None when there is none.

        Some hosts write several tiers into one cell; everything they open is given.
        """
        own = self.by_tier.get(_plain(tier))
        if own is not None:
            return own
        parts = [self.by_tier.get(_plain(part)) for part in tier.replace(";", ",").split(",")]
        if len(parts) > 1 and all(part is not None for part in parts):
            return _together([part for part in parts if part is not None])
        return self.default


def _plain(tier: str) -> str:
    return " ".join(tier.split()).casefold()


def _together(parts: list[Target]) -> Target:
    useful = [part for part in parts if not part.is_skip]
    plans = {part.plan_id for part in useful}
    return Target(
        tuple(dict.fromkeys(right for part in useful for right in part.rights)),
        tuple(dict.fromkeys(show for part in useful for show in part.shows)),
        plans.pop() if len(plans) == 1 else None,
    )


def find_targets(session: Session, choices: Choices) -> Targets:
    """Look up every target. Raises MappingRefused, naming what does not exist."""
    return Targets(
        {_plain(tier): find_target(session, text) for tier, text in choices.tiers.items()},
        find_target(session, choices.default) if choices.default else None,
    )


def find_target(session: Session, text: str) -> Target:
    """One target by its text. Raises MappingRefused."""
    kind, _, name = text.partition(":")
    try:
        if text == SKIP:
            return Target()
        if kind == "plan" and name:
            return target_of_plan(find_plan(session, name))
        if kind == "show" and name:
            return _target_of_show(session, name)
    except (EpisodeError, BillingError) as error:
        raise MappingRefused(str(error)) from error
    raise MappingRefused(f"“{text}” is none of plan:NAME, show:NAME, show:NAME/TIER, skip")


def target_of_plan(plan: Plan) -> Target:
    """All that a plan opens."""
    shows = dict.fromkeys(each.show_id for each in plan.opens)
    return Target(tuple(rights_of_plan(plan)), tuple(shows), plan.id)


def _target_of_show(session: Session, name: str) -> Target:
    slug, _, tier = name.partition("/")
    show = find_show(session, slug)
    if tier:
        return Target((Right(show.id, "tier", find_tier(session, show, tier).id),), (show.id,))
    return Target((Right(show.id, "show", 0),), (show.id,))
