"""What a resource file declares (routes) and what its functions receive (a call)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.stripe_stand_in.store import Thing
from tests.stripe_stand_in.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """One checked request. `params` is what the library's own type says it is."""

    world: World
    params: dict[str, Any]
    path: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in the path."""
        return self.path["id"]


Handler = Callable[[Call], Thing]


@dataclass(frozen=True, slots=True)
class Route:
    """`takes` is the generated parameter type; `modelled` the parameters acted on, dotted."""

    method: str
    path: str
    handler: Handler
    takes: type | None = None
    modelled: frozenset[str] = frozenset()


def route(
    method: str, path: str, handler: Handler, takes: type | None = None, modelled: str = ""
) -> Route:
    """`modelled` as words: "name metadata.* line_items.price"."""
    return Route(method, path, handler, takes, frozenset(modelled.split()))
