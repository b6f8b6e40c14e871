"""An episode's own price in its editor, and the refusal to put out what nobody could hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy.orm import Session

from episodes.errors import BadField
from episodes.models import Episode, Show
from feeds.health.audience import Lack, lack_of
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Collection, Price
from podcast_server.billing.money import Money, parse_money
from podcast_server.billing.sales import collections_with
from podcast_server.billing.single_sales import (
    own_price,
    own_sale,
    price_episode,
    sold_episodes,
    stop_selling,
)
from podcast_server.pages.checkout.words import price_words
from podcast_server.pages.studio.doing import note
from podcast_server.pages.studio.episode.forms import EpisodeForm
from podcast_server.pages.studio.refusals import refusal


@dataclass(frozen=True, slots=True)
class Selling:
    """How an episode is sold now: its own sale, and what else it is part of."""

    own: Collection | None
    price: Price | None
    others: list[tuple[Collection, str]]


def selling_of(database: Session, episode: Episode) -> Selling:
    """For the editor to show."""
    own = own_sale(database, episode)
    others = [
        (each, price_words(price))
        for each in collections_with(database, episode)
        if each is not own and (price := own_price(each)) is not None
    ]
    return Selling(own, own_price(own), others)


def show_price(form: EpisodeForm, selling: Selling, currency: str) -> None:
    """Fill in the price an episode has; what was sent stays."""
    price = selling.price
    form.offer_currency(currency if price is None else price.currency)
    if form.price.raw_data:
        return
    form.price.data = "" if price is None else Money(price.amount, price.currency).plain
    form.currency.data = currency if price is None else price.currency


def take_price(
    database: Session, episode: Episode, form: EpisodeForm, now: datetime, *, old_title: str
) -> None:
    """Sell the episode for the price sent, or stop it where that was emptied. Raises BadField.

    A price typed before another audience was chosen sells nothing.
    """
    sale = own_sale(database, episode)
    if sale is not None and sale.name == old_title:
        sale.name = episode.title
    if not form.price.raw_data or (sale is None and episode.audience != "sale"):
        return
    text = (form.price.data or "").strip()
    try:
        if text and price_episode(database, episode, parse_money(text, form.currency.data), now):
            note(database, "sale.create" if sale is None else "sale.reprice", episode.title)
        if not text and stop_selling(database, episode, now):
            note(database, "sale.archive", episode.title)
    except BillingError as error:
        raise BadField("price", refusal(error)) from error


def nobody_hears(database: Session, episode: Episode, now: datetime) -> Lack | None:
    """What would keep everybody from an episode that is out."""
    show = database.get_one(Show, episode.show_id)
    tiers = [each.id for each in show.tiers]
    return lack_of(episode, tiers, sold_episodes(database, show.id, now))


def refuse_for_nobody(database: Session, episode: Episode, now: datetime) -> None:
    """Raises BadField for an episode that nobody could hear if it was out."""
    lack = nobody_hears(database, episode, now)
    if lack == "tier":
        raise BadField("tiers", gettext("Choose at least one tier: nobody could hear it."))
    if lack == "sale":
        raise BadField("price", gettext("Set a price: without one nobody could hear it."))
