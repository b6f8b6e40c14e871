"""Addresses of the world, made from the server's own rules: real ones, and hostile ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import Rule

from podcast_server.jobs.schedule import SCHEDULE
from podcast_server.pages.studio.numbers.tables import TABLES
from tests.podcast_server.routes.hostile import piece
from tests.podcast_server.routes.values import World

# Answered before the application, so no rule of it names them.
MACHINES = ("/health", "/ready", "/metrics")
# Which of the world's values an argument is filled with: by the beginning of the rule (the
# longest that fits), else by the argument's own name.
_MEANT: dict[str, dict[str, str]] = {
    "": {"key": "episode", "token": "feed_token"},
    "/api/v1/shows/<slug>/uploads": {"key": "upload"},
    "/art/": {"name": "art"},
    "/assets/": {"name": "asset"},
    "/covers/": {"name": "cover"},
    "/buy/": {"slug": "sale_slug"},
    "/give/": {"key": "plan"},
    "/group/": {"key": "plan"},
    "/join/": {"key": "plan"},
    "/logo/": {"name": "logo"},
    "/hand-over/": {"token": "hand_over"},
    "/listen/": {"name": "public_name"},
    "/m/": {"token": "media_token", "name": "media_name"},
    "/me/listen/": {"key": "member_episode"},
    "/shows/<slug>/<": {"key": "open_episode"},
    "/embed/": {"key": "open_episode"},
    "/me/billing/": {"key": "subscription"},
    "/pay/": {"ref": "order"},
    "/report/": {"token": "report_token"},
    "/sign-in/": {"token": "member_link"},
    "/studio/sign-in/": {"token": "staff_link"},
    "/studio/join/": {"token": "staff_invitation"},
    "/studio/bring/": {"key": "import"},
    "/studio/coupons/": {"key": "coupon"},
    "/studio/payments/": {"ref": "order"},
    "/studio/status/jobs/": {"name": "job"},
    "/studio/status/webhooks/": {"ref": "event_ref"},
    "/studio/shows/<slug>/episodes/": {"number": "transcript"},
    "/studio/shows/<slug>/members/import/": {"number": "table"},
    "/studio/shows/<slug>/numbers/": {"name": "report"},
    "/studio/shows/<slug>/plans/": {"key": "plan"},
    "/studio/shows/<slug>/sales/": {"key": "collection"},
    "/studio/shows/<slug>/uploads": {"key": "upload", "number": "part"},
    "/unsubscribe/": {"token": "unsubscribe"},
}
_FIXED: dict[str, list[Any]] = {
    "part": [1, 2],
    "kind": ["welcome", "ended", "payment_failing"],
    "colour": ["ffb31a"],
    "what": ["mail", "payments", "storage", "database"],
    "report": sorted(TABLES),
    "job": [job.name for job in SCHEDULE],
    "action": ["cancel", "resume", "change", "seats"],
}


@dataclass(frozen=True)
class Place:
    """One rule under one method, and every way its arguments can be filled in."""

    rule: str
    endpoint: str
    method: str
    choices: tuple[tuple[str, tuple[Any, ...]], ...]

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def real(self, dice: random.Random, turn: int) -> str:
        """A path that names something there is; the first turns take the first choices."""
        pick = {
            name: values[turn % len(values)] if turn < len(values) else dice.choice(values)
            for name, values in self.choices
        }
        return self._path(pick, safe="/")

    def hostile(self, dice: random.Random) -> str:
        """A path with something else in one of its arguments."""
        pick: dict[str, Any] = {name: dice.choice(values) for name, values in self.choices}
        if pick:
            pick[dice.choice(sorted(pick))] = piece(dice)
        return self._path(pick, safe="%/")

    def _path(self, pick: dict[str, Any], safe: str) -> str:
        path = self.rule
        for name, _ in self.choices:
            start, end = path.index("<"), path.index(">") + 1
            value = str(pick[name]).encode("utf-8", "surrogatepass")
            path = path[:start] + quote(value, safe=safe) + path[end:]
        return path


def places(app: Flask, world: World) -> Iterator[Place]:
    """Every rule of the application under every method it takes, in a fixed order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.rule, each.endpoint)):
        for method in sorted(rule.methods or ()):
            yield Place(rule.rule, rule.endpoint, method, _choices(rule, app, world))
    for path in MACHINES:
        yield Place(path, "", "GET", ())


def _choices(rule: Rule, app: Flask, world: World) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    names = [text for is_argument, text in rule._trace if is_argument]
    return tuple((name, _values(rule.rule, name, app, world)) for name in names)


def _values(rule: str, name: str, app: Flask, world: World) -> tuple[Any, ...]:
    fitting = sorted((begin for begin in _MEANT if rule.startswith(begin)), key=len, reverse=True)
    meant = next((_MEANT[begin][name] for begin in fitting if name in _MEANT[begin]), name)
    values = world.values.get(meant) or _FIXED.get(meant)
    assert values, f"nothing in the world is a {name} of {rule}"
    return tuple(values)
