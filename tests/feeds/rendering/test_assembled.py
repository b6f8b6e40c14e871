"""Feeds assembled from the database, for each person: rules kept, nothing to mend."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from episodes.models import Show, Transcript
from episodes.storage.base import Storage
from feeds.access import NOBODY, Entitlement
from feeds.health import check_document
from feeds.rendering.assemble import Addresses, Assembler
from feeds.rendering.document import FeedDocument
from feeds.rendering.write import write_feed
from tests.builders import build_episode, build_show
from tests.feeds.rendering.psp1 import broken_rules

EVERYTHING = Entitlement((("show", 0),))
LAPSED = Entitlement((), "lapsed")


@pytest.fixture
def whole_show(session: Session, storage: Storage, now: datetime) -> Show:
    """A show as a careful podcaster would fill it in."""
    show = build_show(
        session,
        now,
        artwork_key="shows/1/cover.jpg",
        owner_name="Marit Solberg",
        owner_email="marit@harbour.example",
        persons=[{"name": "Marit Solberg"}],
    )
    for number, audience in enumerate(("free", "members", "members"), 1):
        episode = build_episode(
            session,
            storage,
            show,
            now,
            at=now - timedelta(days=9 - number),
            title="Boats and " * number + "ice",
            notes="## Boats\n\n0:10 **Ropes**\n\n> so",
            audience=audience,
            number=number,
            season=1,
        )
        episode.chapters = [{"startTime": 10, "title": "Ropes"}]
        episode.transcripts.append(
            Transcript(object_key=f"t{number}", mime="text/vtt", extension="vtt", size=9)
        )
    session.commit()
    return show


@pytest.fixture
def seen(engine: Engine, whole_show: Show, now: datetime) -> dict[str, FeedDocument]:
    assembler = Assembler(engine, Addresses("https://podcast.test"))
    people = {"member": EVERYTHING, "lapsed": LAPSED, "free": NOBODY, "public": None}
    return {
        name: assembler(whole_show.id, entitlement, now.timestamp()).document
        for name, entitlement in people.items()
    }


@pytest.mark.parametrize("person", ["member", "lapsed", "free", "public"])
def test_no_rule_is_broken_whoever_asks(person: str, seen: dict[str, FeedDocument]) -> None:
    assert broken_rules(write_feed(seen[person])) == []


def test_a_member_s_feed_has_nothing_to_mend(seen: dict[str, FeedDocument]) -> None:
    assert check_document(seen["member"]) == []
    assert len(seen["member"].items) == 3


def test_a_notice_and_teasers_are_only_hinted_at(seen: dict[str, FeedDocument]) -> None:
    for person, silent in (("lapsed", 1), ("public", 2)):
        findings = check_document(seen[person])
        assert {finding.code for finding in findings} == {"no_audio"}
        assert len(findings) == silent


def test_private_and_public_feed_share_guids_but_not_their_own_identity(
    seen: dict[str, FeedDocument],
) -> None:
    member, public = seen["member"], seen["public"]
    assert [item.guid for item in member.items] == [item.guid for item in public.items]
    assert member.podcast_guid != public.podcast_guid


def test_the_owners_address_is_in_the_public_feed_alone(seen: dict[str, FeedDocument]) -> None:
    assert b"marit@harbour.example" in write_feed(seen["public"])
    assert b"marit@harbour.example" not in write_feed(seen["member"])
