"""One episode's own sale: its price, and which episodes can be bought or have been."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode
from feeds.models import Grant
from podcast_server.billing.models import Collection, CollectionItem, Price
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, current_prices
from podcast_server.billing.sales import (
    archive_collection,
    collections_with,
    create_collection,
    reprice_collection,
)


def own_sale(session: Session, episode: Episode) -> Collection | None:
    """The open sale that holds this episode and nothing else; the newest, were there several."""
    own = [each for each in collections_with(session, episode) if _is_alone(each, episode)]
    return own[-1] if own else None


def _is_alone(sale: Collection, episode: Episode) -> bool:
    return [(each.scope, each.scope_id) for each in sale.items] == [("episode", episode.id)]


def own_price(sale: Collection | None) -> Price | None:
    """What it costs now."""
    prices = [] if sale is None else current_prices(sale)
    return prices[0] if prices else None


def price_episode(session: Session, episode: Episode, money: Money, now: datetime) -> bool:
    """Sell an episode on its own for this, or from now on for this; False where it is so already.

    That people may pay less stays, as far as the new price lets it. Raises BadOffer.
    """
    sale = own_sale(session, episode)
    price = own_price(sale)
    if sale is None:
        terms = PriceTerms(money, None)
        create_collection(session, name=episode.title, items=[episode], price=terms, now=now)
        return True
    if price is not None and (price.amount, price.currency) == (money.amount, money.currency):
        return False
    reprice_collection(session, sale, PriceTerms(money, None, _least(price, money)), now)
    return True


def _least(price: Price | None, money: Money) -> Money | None:
    if price is None or price.minimum is None or price.currency != money.currency:
        return None
    return Money(min(price.minimum, money.amount), money.currency)


def stop_selling(session: Session, episode: Episode, now: datetime) -> bool:
    """Take it off sale on its own; who bought it keeps it. False where it was not for sale."""
    sale = own_sale(session, episode)
    if sale is not None:
        archive_collection(sale, now)
        session.flush()
    return sale is not None


def sold_episodes(session: Session, show_id: int, now: datetime) -> frozenset[int]:
    """The ids of a show's episodes that are for sale, alone or with others, or somebody's own."""
    offered = session.execute(
        select(CollectionItem.scope, CollectionItem.scope_id)
        .join(Collection, Collection.id == CollectionItem.collection_id)
        .where(Collection.state == "open", CollectionItem.show_id == show_id)
    )
    owned = session.execute(
        select(Grant.scope, Grant.scope_id)
        .where(Grant.show_id == show_id, Grant.scope.in_(("episode", "season")))
        .where((Grant.ends_at.is_(None)) | (Grant.ends_at > now))
        .distinct()
    )
    things = {(scope, number) for rows in (offered, owned) for scope, number in rows}
    seasons = [number for scope, number in things if scope == "season"]
    in_seasons = session.scalars(
        select(Episode.id).where(Episode.show_id == show_id, Episode.season.in_(seasons))
    )
    return frozenset(in_seasons) | {number for scope, number in things if scope == "episode"}
