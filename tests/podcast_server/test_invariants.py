"""`doctor --deep` finds whatever is lost, doubled or leaked, and nothing where all is well."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session, sessionmaker

from episodes.models import Audio, Episode, Show, Upload
from episodes.rss_import.models import FeedImport
from feeds.downloads.count import CountingRules
from feeds.downloads.models import CountedDay, DailyDownload
from feeds.downloads.parcels import post_parcel, take_in_parcels
from feeds.downloads.record import MediaHit
from feeds.downloads.rollup import roll_up
from feeds.grants import Cause, end_grant
from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.billing.entitle import entitle_subscription
from podcast_server.billing.models import (
    Checkout,
    Payment,
    PaymentEvent,
    Plan,
    PlanOpening,
    Subscription,
)
from podcast_server.invariants import RULES, World, broken_rules
from podcast_server.mail.models import OutgoingMail
from podcast_server.services import Services
from tests.builders import build_episode
from tests.conftest import NOW, People

SOUND = b"sound" * 1000


@pytest.fixture
def world(services: Services, session: Session, show: Show, people: People) -> World:
    build_episode(session, services.storage, show, NOW, data=SOUND)
    session.execute(update(Audio).values(sha256=hashlib.sha256(SOUND).hexdigest()))
    session.commit()
    return World(session, services.storage, NOW + timedelta(days=1))


def lose_file(world: World) -> None:
    world.storage.delete(world.session.query(Audio).one().object_key)


def damage_file(world: World) -> None:
    key = world.session.query(Audio).one().object_key
    world.storage.put(key, io.BytesIO(b"other"), content_type="audio/mpeg")


def lose_audio(world: World) -> None:
    world.session.execute(update(Episode).values(audio_id=None, publish_at=NOW, state="ready"))


def leak_access(world: World) -> None:
    world.session.execute(update(Access).values(windows='[["show",0,0,null,""]]'))


def lose_access(world: World) -> None:
    world.session.execute(delete(Access))


def double_grant(world: World) -> None:
    first = world.session.query(Grant).first()
    assert first is not None
    copy = {c.name: getattr(first, c.name) for c in Grant.__table__.columns if c.name != "id"}
    world.session.add(Grant(**copy))


def lose_ledger(world: World) -> None:
    world.session.execute(delete(LedgerEntry))


def cross_feeds(world: World) -> None:
    feeds = world.session.query(PrivateFeed).all()
    feeds[0].replaced_by_id = feeds[1].id


def stick_webhook(world: World) -> None:
    world.session.add(
        PaymentEvent(
            realm="test", ref="evt_1", type="x", payload="{}", received_at=NOW, next_try_at=NOW
        )
    )


def stick_mail(world: World) -> None:
    world.session.add(
        OutgoingMail(
            kind="x",
            recipient="a@example.org",
            language="en",
            subject="",
            text="",
            html="",
            created_at=NOW,
            due_at=NOW,
        )
    )


def buy(world: World) -> Subscription:
    """A paid membership with the right that belongs to it."""
    show = world.session.query(Show).one()
    member = world.session.query(Member).filter(Member.email.startswith("free")).one()
    plan = Plan(slug="harbour", name="Harbour", created_at=NOW)
    plan.opens = [PlanOpening(show_id=show.id)]
    checkout = Checkout(
        realm="manual",
        purpose="membership",
        email=member.email,
        amount=500,
        currency="eur",
        interval="month",
        created_at=NOW,
        expires_at=NOW,
        state="settled",
    )
    world.session.add_all([plan, checkout])
    world.session.flush()
    bought = subscription(world, member.id, plan.id, checkout.id, "s1")
    terms = world.terms
    entitle_subscription(world.session, terms, bought, Cause("tests", "bought"), world.now)
    world.session.flush()
    return bought


def subscription(
    world: World, member_id: int, plan_id: int | None, checkout_id: int | None, ref: str
) -> Subscription:
    made = Subscription(
        realm="manual",
        ref=ref,
        purpose="membership",
        member_id=member_id,
        plan_id=plan_id,
        checkout_id=checkout_id,
        status="active",
        amount=500,
        currency="eur",
        interval="month",
        started_at=NOW,
        period_end=NOW + timedelta(days=30),
    )
    world.session.add(made)
    world.session.flush()
    return made


def pay(world: World, bought: Subscription, ref: str) -> None:
    world.session.add(
        Payment(
            realm="manual",
            ref=ref,
            member_id=bought.member_id,
            subscription_id=bought.id,
            status="paid",
            amount=500,
            currency="eur",
            covers_from=NOW,
            covers_until=NOW + timedelta(days=30),
            paid_at=NOW,
            as_of=NOW,
        )
    )


def lose_what_is_paid(world: World) -> None:
    bought = buy(world)
    [grant] = world.session.query(Grant).filter_by(source=f"subscription:{bought.id}")
    end_grant(world.session, grant, at=NOW, cause=Cause("tests", "lost"), now=NOW)


def keep_open_what_is_over(world: World) -> None:
    buy(world).status = "ended"


def open_without_payment(world: World) -> None:
    bought = buy(world)
    world.session.query(Grant).filter_by(source=f"subscription:{bought.id}").update(
        {"source": "subscription:999"}
    )


def record_order_twice(world: World) -> None:
    bought = buy(world)
    subscription(world, bought.member_id, bought.plan_id, bought.checkout_id, "s2")


def lose_order(world: World) -> None:
    buy(world).checkout_id = None


def record_payment_twice(world: World) -> None:
    bought = buy(world)
    pay(world, bought, "p1")
    pay(world, bought, "p2")


def stick_upload(world: World) -> None:
    world.session.add(
        Upload(
            key="u1",
            show_id=world.session.query(Show).one().id,
            file_name="a.mp3",
            fingerprint="",
            size=1,
            part_size=1,
            object_key="incoming/u1.bin",
            storage_id="",
            state="examining",
            episode_key="e1",
            created_at=NOW,
            updated_at=NOW,
        )
    )


def stick_import(world: World) -> None:
    world.session.add(FeedImport(key="i1", state="copying", created_at=NOW, updated_at=NOW))


def hear(world: World) -> None:
    """One download, counted."""
    hit = MediaHit(
        at=NOW.timestamp(),
        episode_key=world.session.query(Episode).one().key,
        method="GET",
        status=200,
        address="192.0.2.7",
        user_agent="Overcast/3.0",
        file_bytes=5000,
        minute_bytes=5000,
        range_header=None,
        bytes_served=5000,
        feed_id=None,
        member_id=None,
    )
    post_parcel(world.session, [hit], b"secret", lambda _address: None)
    world.session.commit()
    sessions = sessionmaker(world.session.get_bind(), expire_on_commit=False)
    take_in_parcels(sessions)
    roll_up(sessions, CountingRules(classify=world.classify), NOW)
    assert world.session.query(DailyDownload).one().downloads == 1


def count_too_many(world: World) -> None:
    hear(world)
    world.session.execute(update(DailyDownload).values(downloads=2))


def forget_to_count(world: World) -> None:
    hear(world)
    world.session.execute(delete(CountedDay))


def test_all_is_well_with_money_and_downloads(world: World) -> None:
    hear(world)
    pay(world, buy(world), "p1")
    world.session.flush()
    assert list(broken_rules(world)) == []


PAID = "what is paid is open, and what is open is paid"
ONCE = "no order and no period is recorded twice, or lost"
COUNTED = "downloads are what the raw hits say"


def test_all_is_well(world: World) -> None:
    assert list(broken_rules(world)) == []


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        (lose_file, "every file that a row mentions is stored"),
        (damage_file, "stored files are what was uploaded, by SHA-256"),
        (lose_audio, "every episode that is out has audio"),
        (leak_access, "access is exactly what the grants say"),
        (lose_access, "access is exactly what the grants say"),
        (double_grant, "no right is given twice for one cause"),
        (lose_ledger, "every right is written down in the ledger"),
        (cross_feeds, "a replaced feed leads to its own member's"),
        (stick_webhook, "webhooks are worked off within two hours"),
        (stick_mail, "mails leave within two hours"),
        (lose_what_is_paid, PAID),
        (keep_open_what_is_over, PAID),
        (open_without_payment, PAID),
        (record_order_twice, ONCE),
        (lose_order, ONCE),
        (record_payment_twice, ONCE),
        (stick_upload, "uploads are examined within two hours"),
        (stick_import, "imports of shows go on within two hours"),
        (count_too_many, COUNTED),
        (forget_to_count, COUNTED),
    ],
)
def test_each_harm_is_found(world: World, harm: Callable[[World], None], rule: str) -> None:
    harm(world)
    world.session.flush()
    assert rule in {broken.rule for broken in broken_rules(world)}
    assert rule in RULES
