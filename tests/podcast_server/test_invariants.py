"""`doctor --deep` finds whatever is lost, doubled or leaked, and nothing where all is well."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from episodes.models import Audio, Episode, Show
from feeds.models import Access, Grant, LedgerEntry, PrivateFeed
from podcast_server.billing.models import PaymentEvent
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
    ],
)
def test_each_harm_is_found(world: World, harm: Callable[[World], None], rule: str) -> None:
    harm(world)
    world.session.flush()
    assert rule in {broken.rule for broken in broken_rules(world)}
    assert rule in RULES
