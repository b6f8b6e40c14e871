"""Chapters as the JSON Chapters format 1.2 of the podcast namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def chapters_json(chapters: Sequence[dict[str, Any]], *, title: str) -> dict[str, Any]:
    """The document served as application/json+chapters, in ascending order."""
    ordered = sorted(chapters, key=lambda chapter: float(chapter["startTime"]))
    return {"version": "1.2.0", "title": title, "chapters": ordered}
