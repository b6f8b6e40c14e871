"""What the program itself wrote into somebody's history, in the reader's language."""

from __future__ import annotations

import pytest
from flask import Flask

from episodes.categories import CATEGORIES
from podcast_server.billing.errors import AmountRefused
from podcast_server.billing.money import parse_money
from podcast_server.pages.studio.members.ledger_words import actor_words, reason_words
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.studio.show.category_words import CATEGORY_WORDS

FRENCH = {"Accept-Language": "fr"}


@pytest.mark.parametrize(
    ("actor", "reason", "said"),
    [
        ("demo", "sample data", "la démonstration: données d’exemple"),
        ("gift:12", "gift redeemed", "un cadeau: cadeau accepté"),
        ("cli", "payment M-1 confirmed", "la ligne de commande: paiement M-1 confirmé"),
        ("ann@example.org", "asked by mail", "ann@example.org: asked by mail"),
    ],
)
def test_it_is_translated_and_what_people_wrote_is_not(
    app: Flask, actor: str, reason: str, said: str
) -> None:
    with app.test_request_context(headers=FRENCH):
        assert f"{actor_words(actor)}: {reason_words(reason)}" == said


def test_every_category_has_words() -> None:
    assert {*CATEGORIES, *(sub for subs in CATEGORIES.values() for sub in subs)} == set(
        CATEGORY_WORDS
    )


@pytest.mark.parametrize(("language", "example"), [("fr", "4,99"), ("en", "4.99")])
def test_an_amount_is_explained_as_the_language_writes_it(
    app: Flask, language: str, example: str
) -> None:
    with pytest.raises(AmountRefused) as refused:
        parse_money("lots", "eur")
    with app.test_request_context(headers={"Accept-Language": language}):
        assert example in refusal(refused.value)
