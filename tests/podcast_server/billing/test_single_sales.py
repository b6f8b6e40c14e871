"""Episodes, seasons and collections bought once; donations; memberships given by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from episodes.models import Episode, Show
from episodes.storage.memory import MemoryStorage
from podcast_server.billing.comps import change_comp, comps_of, give_comp
from podcast_server.billing.donations import donation_basket, donations_of, public_thanks
from podcast_server.billing.errors import AmountRefused, BadOffer, NotForSale
from podcast_server.billing.models import Collection, Donation, Plan
from podcast_server.billing.plans import PriceTerms
from podcast_server.billing.sales import (
    archive_collection,
    collection_basket,
    collections_with,
    create_collection,
    reprice_collection,
)
from tests.builders import build_episode, build_member
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, Shop, eur


def episode(shop: Shop, **fields: object) -> Episode:
    with shop.session() as session:
        show = session.get_one(Show, shop.show.id)
        return build_episode(
            session,
            MemoryStorage(),
            show,
            shop.now,
            audience="sale",
            **fields,  # type: ignore[arg-type]
        )


def collect(shop: Shop, *items: object, price: int = 300, minimum: int | None = None) -> Collection:
    least = None if minimum is None else eur(minimum)
    with shop.session() as session:
        made = create_collection(
            session,
            name="Specials",
            items=items,  # type: ignore[arg-type]
            price=PriceTerms(eur(price), None, least),
            now=shop.now,
        )
        list(made.prices)
    return made


def buy(post: Post, collection: Collection, email: str = EMAIL) -> None:
    shop = post.shop
    terms = shop.till.terms
    key = collection.prices[-1].key
    opened = shop.open(
        lambda s: collection_basket(s, terms, key, chosen=None, member_id=None), email
    )
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()


def test_one_episode_bought_by_a_non_member_is_in_their_feed_for_ever(post: Post) -> None:
    shop = post.shop
    wanted = episode(shop)
    buy(post, collect(shop, wanted))
    assert shop.entitlement().scopes == (("episode", wanted.id),)
    assert not shop.hears()
    assert len(shop.feeds()) == 1
    shop.clock.advance(days=5000)
    assert shop.entitlement().scopes == (("episode", wanted.id),)


def test_a_season_and_an_episode_together(post: Post) -> None:
    shop = post.shop
    extra = episode(shop)
    buy(post, collect(shop, (shop.show, 2), extra))
    assert shop.entitlement().scopes == (("episode", extra.id), ("season", 2))


def test_a_refunded_episode_leaves_the_feed(post: Post) -> None:
    shop = post.shop
    buy(post, collect(shop, episode(shop)))
    post.account.control.refund(shop.purchase().payment_ref)
    post.deliver()
    assert shop.entitlement().scopes == ()


def test_a_bank_debit_for_an_episode_counts_when_it_arrives(post: Post) -> None:
    shop = post.shop
    wanted = episode(shop)
    from podcast_server.billing.money import Money

    with shop.session() as session:
        made = create_collection(
            session,
            name="Dollars",
            items=[wanted],
            price=PriceTerms(Money(300, "usd"), None),
            now=shop.now,
        )
        list(made.prices)
    key = made.prices[0].key
    for account, outcome in (("000111111116", 0), ("000123456789", 1)):
        opened = shop.open(
            lambda s: collection_basket(s, shop.till.terms, key, chosen=None, member_id=None)
        )
        post.account.control.pay_session(shop.ref(opened), account=account)
        post.deliver()
        assert shop.entitlement().scopes == ()
        post.let_time_pass(days=5)
        assert len(shop.entitlement().scopes) == outcome


def test_nobody_is_sold_what_they_have_already(post: Post) -> None:
    shop = post.shop
    made = collect(shop, episode(shop))
    buy(post, made)
    ada = shop.member()
    assert ada is not None
    with shop.session() as session, pytest.raises(NotForSale, match="already"):
        collection_basket(
            session, shop.till.terms, made.prices[0].key, chosen=None, member_id=ada.id
        )


def test_an_archived_collection_is_kept_by_who_bought_it(post: Post) -> None:
    shop = post.shop
    made = collect(shop, episode(shop))
    buy(post, made)
    with shop.session() as session:
        archive_collection(session.get_one(Collection, made.id), shop.now)
    assert len(shop.entitlement().scopes) == 1
    with pytest.raises(NotForSale):
        buy(post, made, "late@example.org")


def test_a_new_price_replaces_the_old_one(post: Post) -> None:
    shop = post.shop
    made = collect(shop, episode(shop))
    with shop.session() as session:
        row = session.get_one(Collection, made.id)
        fresh = reprice_collection(session, row, PriceTerms(eur(900), None), shop.now)
    with pytest.raises(NotForSale):
        buy(post, made)
    with shop.session() as session:
        basket = collection_basket(session, shop.till.terms, fresh.key, chosen=None, member_id=None)
        assert basket.each == eur(900)


def test_the_shop_window_of_an_episode_lists_what_contains_it(shop: Shop) -> None:
    one = episode(shop, season=2)
    other = episode(shop)
    alone, season = collect(shop, one), collect(shop, (shop.show, 2))
    with shop.session() as session:
        assert [c.id for c in collections_with(session, one)] == [alone.id, season.id]
        assert collections_with(session, other) == []


def test_the_amount_of_a_collection_cannot_be_tampered_with(shop: Shop) -> None:
    made = collect(shop, episode(shop), price=900, minimum=500)
    with shop.session() as session:
        for cents in (0, 1, 499):
            with pytest.raises(AmountRefused):
                collection_basket(
                    session,
                    shop.till.terms,
                    made.prices[0].key,
                    chosen=eur(cents),
                    member_id=None,
                )


def test_an_empty_collection_is_refused(shop: Shop) -> None:
    with pytest.raises(BadOffer):
        collect(shop)


# donations


def donate(post: Post, *, monthly: bool = False, **said: object) -> None:
    shop = post.shop
    opened = shop.open(
        lambda _: donation_basket(shop.show, eur(1000), monthly=monthly, **said)  # type: ignore[arg-type]
    )
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()


def test_a_donation_is_kept_with_its_message_and_opens_nothing(post: Post) -> None:
    donate(post, name="Ada", message="For the ferry episode", wants_thanks=True)
    shop = post.shop
    with shop.session() as session:
        [given] = donations_of(session, shop.show.id)
        assert (given.amount, given.name, given.message) == (1000, "Ada", "For the ferry episode")
        assert public_thanks(session, shop.show.id, shop.till.terms) == [given]
    assert shop.entitlement().scopes == ()


def test_a_monthly_donation_repeats(post: Post) -> None:
    donate(post, monthly=True)
    post.let_time_pass(days=40)
    assert post.shop.subscription().status == "active"
    assert len(post.account.control.events("invoice.paid")) == 2


def test_only_those_who_wish_so_are_thanked_in_public(post: Post) -> None:
    donate(post, name="Shy")
    donate(post, name="Hidden", wants_thanks=True)
    donate(post, name="Back", wants_thanks=True)
    shop = post.shop
    post.account.control.refund(shop.purchase().payment_ref)
    post.deliver()
    with shop.session() as session:
        session.query(Donation).filter_by(name="Hidden").one().hidden = True
        assert public_thanks(session, shop.show.id, shop.till.terms) == []


def test_a_donation_the_fees_would_eat_is_refused(shop: Shop) -> None:
    with pytest.raises(AmountRefused, match=r"1\.00"):
        donation_basket(shop.show, eur(99), monthly=False)


# given by hand


def test_a_comp_is_given_extended_and_ended_with_a_reason(shop: Shop) -> None:
    plan = shop.plan()
    terms = shop.till.terms
    with shop.session() as session:
        member = build_member(session, shop.now, EMAIL)
        comp = give_comp(
            session,
            terms,
            member.id,
            session.get_one(Plan, plan.id),
            ends_at=shop.now + timedelta(days=30),
            reason="won the quiz",
            by="owner@example.org",
            now=shop.now,
        )
    assert shop.hears()
    shop.clock.advance(days=29)
    with shop.session() as session:
        [comp] = comps_of(session, comp.member_id)
        change_comp(
            session,
            terms,
            comp,
            ends_at=shop.now + timedelta(days=30),
            reason="won again",
            by="owner@example.org",
            now=shop.now,
        )
    shop.clock.advance(days=2)
    assert shop.hears()
    with shop.session() as session:
        [comp] = comps_of(session, comp.member_id)
        change_comp(
            session, terms, comp, ends_at=shop.now, reason="asked to", by="owner", now=shop.now
        )
    assert not shop.hears()
    assert [entry.reason for entry in shop.ledger()] == ["won the quiz", "won again", "asked to"]


def test_a_comp_without_a_reason_is_refused(shop: Shop) -> None:
    plan = shop.plan()
    with shop.session() as session:
        member = build_member(session, shop.now, EMAIL)
        with pytest.raises(BadOffer, match="why"):
            give_comp(
                session,
                shop.till.terms,
                member.id,
                plan,
                ends_at=None,
                reason=" ",
                by="owner",
                now=shop.now,
            )
