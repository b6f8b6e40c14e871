"""What addresses are filled with, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class World:
    """What addresses are filled with, by argument; and what each person's browser holds."""

    values: dict[str, list[Any]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    api_key: str = ""

    def add(self, name: str, *values: Any) -> None:
        self.values.setdefault(name, []).extend(values)
