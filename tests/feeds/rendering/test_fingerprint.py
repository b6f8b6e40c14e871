"""The fingerprint: the same for the same content, another for any other."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from feeds.rendering.document import (
    Enclosure,
    FeedDocument,
    FeedItem,
    Funding,
    Person,
    TranscriptLink,
    fingerprint,
)
from tests.feeds.rendering.samples import complete_document, document, item

OTHER: dict[str, Any] = {
    "Enclosure | None": Enclosure("https://other.example/a.mp3", 1, "audio/mpeg"),
    "Funding | None": Funding("https://other.example/", "Other"),
    "tuple[Person, ...]": (Person("Other"),),
    "tuple[TranscriptLink, ...]": (TranscriptLink("https://other.example/a.vtt", "text/vtt"),),
    "tuple[tuple[str, str | None], ...]": (("Comedy", None),),
    "tuple[FeedItem, ...]": (),
}


def changed(value: Any, kind: str) -> Any:
    if kind == "bool":
        return not value
    if kind in OTHER:
        return OTHER[kind]
    if kind == "datetime":
        return value + timedelta(seconds=1)
    return 4711 if "int" in kind else "other"


@pytest.mark.parametrize("field", dataclasses.fields(FeedDocument), ids=lambda field: field.name)
def test_any_field_of_the_document_changes_it(field: dataclasses.Field[Any]) -> None:
    source = complete_document()
    other = changed(getattr(source, field.name), str(field.type))
    assert fingerprint(replace(source, **{field.name: other})) != fingerprint(source)


@pytest.mark.parametrize("field", dataclasses.fields(FeedItem), ids=lambda field: field.name)
def test_any_field_of_an_item_changes_it(field: dataclasses.Field[Any]) -> None:
    source = item()
    other = replace(source, **{field.name: changed(getattr(source, field.name), str(field.type))})
    assert fingerprint(document(other)) != fingerprint(document(source))


def test_equal_documents_have_the_same_however_they_were_made() -> None:
    assert fingerprint(copy.deepcopy(complete_document())) == fingerprint(complete_document())
    assert fingerprint(complete_document()) == fingerprint(complete_document())


def test_a_text_cannot_pass_for_two_fields() -> None:
    assert fingerprint(document(item(title="a", link="b"))) != fingerprint(
        document(item(title="ab", link=""))
    )
    assert fingerprint(document(item(guid="None"))) != fingerprint(document(item(guid="None ")))


def test_the_order_of_items_changes_it() -> None:
    one, two = item(guid="1"), item(guid="2")
    assert fingerprint(document(one, two)) != fingerprint(document(two, one))


def test_it_takes_texts_that_no_encoding_can_hold() -> None:
    assert len(fingerprint(document(item(title="\ud800")))) == 64
