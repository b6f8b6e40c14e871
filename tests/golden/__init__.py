"""Feeds that are compared byte for byte, and the documents they are written from."""

from __future__ import annotations

from pathlib import Path

from tests.feeds.rendering.samples import complete_document, complete_item, document

DOCUMENTS = {
    "private_complete": complete_document(),
    "public": document(complete_item()),
    "empty": document(),
}


def golden_file(name: str) -> Path:
    """Where the golden feed of this name is."""
    return Path(__file__).parent / f"{name}.xml"
