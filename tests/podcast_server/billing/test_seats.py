"""Groups: one pays, several hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from podcast_server.billing.changes import cancel_subscription, change_seats
from podcast_server.billing.errors import AmountRefused, NoSeatLeft, NotYours
from podcast_server.billing.letters import post_payment_letters
from podcast_server.billing.models import Plan, Seat, SeatGroup
from podcast_server.billing.seats import (
    find_invitation,
    free_seat,
    own_group,
    renew_invitation,
    seats_basket,
    take_seat,
)
from podcast_server.mail.models import OutgoingMail
from tests.builders import build_member
from tests.podcast_server.billing.post import Post
from tests.podcast_server.billing.shop import EMAIL, Shop


def buy(post: Post, seats: int = 2, plan: Plan | None = None) -> str:
    """Ada buys seats; returns the invite key."""
    shop = post.shop
    price = (plan or shop.plan()).prices[0]
    opened = shop.open(lambda s: seats_basket(s, price.key, seats=seats, name="Crew", now=shop.now))
    post.account.control.pay_session(shop.ref(opened))
    post.deliver()
    with shop.session() as session:
        return session.query(SeatGroup).one().invite_key


def sit(shop: Shop, invite_key: str, name: str) -> Seat:
    with shop.session() as session:
        member = build_member(session, shop.now, f"{name}@example.org")
        group = find_invitation(session, invite_key)
        return take_seat(session, shop.till.terms, group, member.id, shop.now)


def heard_by(shop: Shop, *names: str) -> list[str]:
    return [name for name in names if shop.hears(f"{name}@example.org")]


@pytest.mark.thorough
def test_the_payer_pays_for_all_and_each_seat_hears(post: Post) -> None:
    key = buy(post, 2)
    sit(post.shop, key, "bob")
    sit(post.shop, key, "carol")
    assert heard_by(post.shop, "bob", "carol") == ["bob", "carol"]
    assert not post.shop.hears(EMAIL)
    assert post.shop.subscription().quantity == 2


def test_there_are_as_many_seats_as_were_paid(post: Post) -> None:
    key = buy(post, 1)
    sit(post.shop, key, "bob")
    with pytest.raises(NoSeatLeft):
        sit(post.shop, key, "carol")
    assert not post.shop.hears("carol@example.org")


def test_opening_the_link_again_takes_no_second_seat(post: Post) -> None:
    key = buy(post, 2)
    assert sit(post.shop, key, "bob").id == sit(post.shop, key, "bob").id


def test_a_freed_seat_closes_and_can_be_given_again(post: Post) -> None:
    key = buy(post, 1)
    seat = sit(post.shop, key, "bob")
    with post.shop.session() as session:
        row = session.get_one(Seat, seat.id)
        free_seat(session, post.shop.till.terms, row, "ada", post.shop.now)
    assert heard_by(post.shop, "bob") == []
    sit(post.shop, key, "carol")
    assert heard_by(post.shop, "bob", "carol") == ["carol"]


def test_fewer_seats_close_the_newest_and_more_open_them_again(post: Post) -> None:
    key = buy(post, 3)
    for name in ("bob", "carol", "dave"):
        sit(post.shop, key, name)
    shop = post.shop
    change_seats(shop.till, shop.subscription(), 1, by="ada", now=shop.now)
    assert heard_by(shop, "bob", "carol", "dave") == ["bob"]
    shop.clock.advance(minutes=1)
    change_seats(shop.till, shop.subscription(), 2, by="ada", now=shop.now)
    assert heard_by(shop, "bob", "carol", "dave") == ["bob", "carol"]


def test_when_the_payer_leaves_all_seats_close_at_the_periods_end(post: Post) -> None:
    key = buy(post, 2)
    sit(post.shop, key, "bob")
    shop = post.shop
    cancel_subscription(shop.till, shop.subscription(), at_once=False, by="ada", now=shop.now)
    end = shop.subscription().period_end
    assert end is not None
    shop.clock.now = end - timedelta(seconds=1)
    assert heard_by(shop, "bob") == ["bob"]
    shop.clock.now = end
    assert heard_by(shop, "bob") == []


def test_the_payer_is_written_to_when_the_card_fails_and_when_the_group_is_over(
    post: Post,
) -> None:
    shop = post.shop
    buy(post)
    post.account.control.fail_next_renewal(shop.subscription().ref)
    post.let_time_pass(days=31)
    assert letters(shop) == [(EMAIL, "payment_failed")]
    cancel_subscription(shop.till, shop.subscription(), at_once=True, by="ada", now=shop.now)
    assert letters(shop)[1:] == [(EMAIL, "ended")]


def letters(shop: Shop) -> list[tuple[str, str]]:
    post_payment_letters(shop.till, "My podcasts", shop.now, dunning=True)
    with shop.session() as session:
        rows = session.execute(select(OutgoingMail.recipient, OutgoingMail.kind))
        return [(recipient, kind) for recipient, kind in rows]


def test_a_renewed_link_voids_the_old_one(post: Post) -> None:
    old = buy(post, 2)
    with post.shop.session() as session:
        fresh = renew_invitation(session.query(SeatGroup).one())
    with pytest.raises(NotYours):
        sit(post.shop, old, "bob")
    sit(post.shop, fresh, "bob")


def test_a_group_belongs_to_its_payer(post: Post) -> None:
    buy(post, 2)
    shop = post.shop
    ada = shop.member()
    assert ada is not None
    with shop.session() as session:
        stranger = build_member(session, shop.now, "mallory@example.org")
        group = session.query(SeatGroup).one()
        assert own_group(session, group.id, ada.id).id == group.id
        with pytest.raises(NotYours):
            own_group(session, group.id, stranger.id)
        with pytest.raises(NotYours):
            own_group(session, group.id + 1, ada.id)


@pytest.mark.parametrize("seats", [0, -5, 501, 10**12])
def test_an_absurd_number_of_seats_is_refused(shop: Shop, seats: int) -> None:
    price = shop.plan().prices[0]
    with shop.session() as session, pytest.raises(AmountRefused):
        seats_basket(session, price.key, seats=seats, now=shop.now)
