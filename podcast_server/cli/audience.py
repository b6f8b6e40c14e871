"""The words for who may hear an episode, as the command line takes them."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.shows import find_tier


class Audience(click.ParamType[str]):
    """`free`, `members`, `sale` or `tier:NAME` (several by comma)."""

    name = "audience"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text in {"free", "members", "sale"} or text.startswith("tier:"):
            return text
        return self.fail(f"{text!r}: use free, members, sale or tier:NAME", param, ctx)


def audience_fields(session: Session, show: Show, text: str) -> dict[str, Any]:
    """The episode fields behind an audience word. Raises NotFound for an unknown tier."""
    if not text.startswith("tier:"):
        return {"audience": text, "tier_ids": []}
    names = [name for name in text.removeprefix("tier:").split(",") if name.strip()]
    return {"audience": "tiers", "tier_ids": [find_tier(session, show, n).id for n in names]}
