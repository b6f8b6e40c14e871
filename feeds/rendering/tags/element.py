"""Adding one element to the feed, with every text made fit for XML."""

from __future__ import annotations

from typing import Any

from lxml import etree

from feeds.rendering.limits import MAX_TEXT, clean, shorten


def add(
    parent: Any,
    namespace: str,
    tag: str,
    text: str | None = None,
    *,
    limit: int = MAX_TEXT,
    **attributes: str | None,
) -> None:
    """Append ``<namespace:tag>``; text over ``limit`` characters is cut.

    An attribute is left out where it is None or empty; a ``_`` in its name stands for ``-``.
    """
    element = etree.SubElement(parent, f"{{{namespace}}}{tag}")
    if text is not None:
        element.text = shorten(text, limit)
    for name, value in attributes.items():
        if value:
            element.set(name.replace("_", "-"), clean(value))
