"""Single sales: one episode, a season or a collection, bought once and kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Episode, Show
from podcast_server.billing.basket import Basket
from podcast_server.billing.entitle import is_paid
from podcast_server.billing.errors import BadOffer, NoSuchOffer, NotForSale
from podcast_server.billing.models import Collection, CollectionItem, Price, Purchase
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, agreed_money, find_price, new_price
from podcast_server.billing.till import Terms

Item = Episode | tuple[Show, int]


def create_collection(
    session: Session,
    *,
    name: str,
    items: Sequence[Item],
    price: PriceTerms,
    description: str = "",
    now: datetime,
) -> Collection:
    """Put episodes and seasons (show, number) on sale together. Raises BadOffer."""
    if not items:
        raise BadOffer("a collection holds at least one episode or season")
    if price.interval is not None or price.access_days is not None:
        raise BadOffer("a collection is paid once and kept for ever")
    collection = Collection(
        slug=_free_slug(session, name),
        name=name.strip(),
        description=description.strip(),
        created_at=now,
    )
    collection.items = [_item(each) for each in dict.fromkeys(items)]
    collection.prices = [new_price(price, now)]
    session.add(collection)
    session.flush()
    return collection


def _free_slug(session: Session, name: str) -> str:
    base = slugify(name, max_length=70)
    if not base or len(name.strip()) > 255:
        raise BadOffer("a collection needs a name of at most 255 characters")
    taken = set(session.scalars(select(Collection.slug).where(Collection.slug.startswith(base))))
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _item(item: Item) -> CollectionItem:
    if isinstance(item, Episode):
        return CollectionItem(show_id=item.show_id, scope="episode", scope_id=item.id)
    show, season = item
    return CollectionItem(show_id=show.id, scope="season", scope_id=season)


def reprice_collection(
    session: Session, collection: Collection, terms: PriceTerms, now: datetime
) -> Price:
    """Another price from now on. Raises BadOffer."""
    price = new_price(terms, now)
    for old in collection.prices:
        old.retired_at = old.retired_at or now
    collection.prices.append(price)
    session.flush()
    return price


def archive_collection(collection: Collection, now: datetime) -> None:
    """Nobody can buy it any more; who bought it keeps it."""
    collection.state = "archived"
    for price in collection.prices:
        price.retired_at = price.retired_at or now


def collections_with(session: Session, episode: Episode) -> list[Collection]:
    """What is on sale that contains this episode, on its own or by its season."""
    found = session.scalars(
        select(Collection)
        .join(CollectionItem)
        .where(Collection.state == "open", CollectionItem.show_id == episode.show_id)
        .where(
            ((CollectionItem.scope == "episode") & (CollectionItem.scope_id == episode.id))
            | ((CollectionItem.scope == "season") & (CollectionItem.scope_id == episode.season))
        )
        .distinct()
        .order_by(Collection.id)
    )
    return list(found)


def collection_basket(
    session: Session,
    terms: Terms,
    price_key: str,
    *,
    chosen: Money | None,
    member_id: int | None,
) -> Basket:
    """A collection to check out. Raises NoSuchOffer, NotForSale, AmountRefused."""
    price = find_price(session, price_key)
    collection = price.collection
    if collection is None:
        raise NoSuchOffer("there is no such price any more: look at the page again")
    if price.retired_at is not None or collection.state != "open":
        raise NotForSale(f"{collection.name} cannot be bought at the moment")
    if member_id is not None and owns(session, terms, collection, member_id):
        raise NotForSale(f"you have {collection.name} already: it is in your feed")
    each = agreed_money(price, chosen)
    return Basket(
        "collection",
        ("collection", collection.id, collection.key),
        collection.name,
        collection.description,
        each,
        None,
        price=price if chosen is None else None,
        collection_id=collection.id,
        price_id=price.id,
    )


def owns(session: Session, terms: Terms, collection: Collection, member_id: int) -> bool:
    """Whether a member bought the collection and did not get the money back."""
    bought = session.scalars(
        select(Purchase).where(
            Purchase.collection_id == collection.id, Purchase.member_id == member_id
        )
    )
    return any(is_paid(purchase, terms) for purchase in bought)
