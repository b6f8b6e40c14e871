"""Invitations: one for each, a few at a time, paused and resumed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from feeds.models import PrivateFeed
from podcast_server.accounts.members import find_member
from podcast_server.billing.letters import post_payment_letters
from podcast_server.jobs.imports import add_link_of, work_on_imports
from podcast_server.jobs.schedule import work_off_payments
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.moving_letters import INVITATION
from podcast_server.mail.outbox import put_letter
from podcast_server.moving.members import invite
from podcast_server.moving.members.errors import NoSuchImport
from podcast_server.moving.members.imports import find_import, progress_of
from podcast_server.moving.members.invite import (
    not_yet_told,
    pause_inviting,
    post_invitations,
    start_inviting,
)
from podcast_server.moving.members.undo import begin_undo, carry_on_undoing
from podcast_server.services import Services
from tests.builders import build_member, give_membership
from tests.conftest import PUBLIC_URL
from tests.podcast_server.billing.shop import Shop
from tests.podcast_server.moving.members.conftest import Mover, table


def crowd(size: int) -> bytes:
    return table(*(f"p{n:02}@example.org,,," for n in range(size)))


def link(feed: PrivateFeed, until: datetime) -> str:
    return f"http://podcast.test/hand-over/{feed.id}-{until:%Y%m%d}"


def start(mover: Mover, number: int) -> None:
    with mover.shop.session() as session:
        start_inviting(session, find_import(session, number))


def pause(mover: Mover, number: int) -> None:
    with mover.shop.session() as session:
        pause_inviting(session, find_import(session, number))


def one_round(mover: Mover) -> int:
    return post_invitations(mover.desk, "Harbour", link, mover.shop.now)


def mails(shop: Shop) -> list[OutgoingMail]:
    with shop.session() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_everybody_gets_one_mail_with_the_buttons(mover: Mover) -> None:
    number = mover.bring(crowd(3))
    start(mover, number)
    assert one_round(mover) == 3
    assert [mail.recipient for mail in mails(mover.shop)] == [
        "p00@example.org",
        "p01@example.org",
        "p02@example.org",
    ]
    [mail, *_] = mails(mover.shop)
    assert mail.kind == INVITATION
    assert "http://podcast.test/hand-over/1-20260615" in mail.text
    assert mover.imported(number).inviting == "done"
    assert one_round(mover) == 0


def test_nobody_is_invited_before_somebody_says_so(mover: Mover) -> None:
    mover.bring(crowd(3))
    assert one_round(mover) == 0


def test_only_so_many_wait_in_the_outbox(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invite, "_WAITING", 4)
    number = mover.bring(crowd(10))
    start(mover, number)
    assert [one_round(mover), one_round(mover)] == [4, 0]
    with mover.shop.session() as session:
        for mail in session.scalars(select(OutgoingMail)):
            mail.state = "sent"
    assert one_round(mover) == 4
    assert mover.imported(number).inviting == "running"


def test_a_pause_holds_until_it_is_resumed(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invite, "_WAITING", 2)
    number = mover.bring(crowd(5))
    start(mover, number)
    one_round(mover)
    pause(mover, number)
    monkeypatch.setattr(invite, "_WAITING", 100)
    assert one_round(mover) == 0
    start(mover, number)
    assert one_round(mover) == 3
    with mover.shop.session() as session:
        progress = progress_of(session, find_import(session, number))
    assert (progress.invited, progress.to_invite) == (5, 0)


def test_who_was_invited_by_one_import_is_not_by_the_next(mover: Mover) -> None:
    first = mover.bring(table("a@example.org,,,2026-07-01"))
    start(mover, first)
    one_round(mover)
    second = mover.bring(table("a@example.org,,,2026-09-01", "b@example.org,,,"))
    start(mover, second)
    assert one_round(mover) == 1
    assert [mail.recipient for mail in mails(mover.shop)] == ["a@example.org", "b@example.org"]


def test_who_has_everything_already_is_left_in_peace(mover: Mover) -> None:
    with mover.shop.session() as session:
        member = build_member(session, mover.shop.now, "p00@example.org")
        give_membership(session, member, mover.shop.show, mover.shop.now)
    number = mover.bring(crowd(2))
    start(mover, number)
    assert one_round(mover) == 1


@pytest.mark.both_databases
def test_killed_between_two_mails_nobody_is_mailed_twice(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = mover.bring(crowd(4))
    start(mover, number)
    calls = 0

    def dying(*args: Any, **more: Any) -> object:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return put_letter(*args, **more)

    monkeypatch.setattr(invite, "put_letter", dying)
    with pytest.raises(KeyboardInterrupt):
        one_round(mover)
    assert one_round(mover) == 2
    found = [mail.recipient for mail in mails(mover.shop)]
    assert sorted(found) == sorted(set(found))
    assert len(found) == 4


def test_taking_it_back_stops_them_and_keeps_unsent_ones_from_leaving(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invite, "_WAITING", 2)
    number = mover.bring(crowd(4))
    start(mover, number)
    one_round(mover)
    with mover.shop.session() as session:
        begin_undo(session, find_import(session, number))
    carry_on_undoing(mover.desk, number, mover.shop.now)
    assert mails(mover.shop) == []
    assert one_round(mover) == 0


def test_an_import_that_is_not_applied_invites_nobody(mover: Mover) -> None:
    number = mover.begin(crowd(1))
    with mover.shop.session() as session, pytest.raises(NoSuchImport):
        start_inviting(session, find_import(session, number))


def test_the_job_goes_on_where_a_command_was_killed(mover: Mover, services: Services) -> None:
    number = mover.begin(crowd(3))
    work_on_imports(services, mover.shop.now)
    assert mover.imported(number).state == "applied"
    start(mover, number)
    work_on_imports(services, mover.shop.now)
    assert len(mails(mover.shop)) == 3


def test_the_job_says_what_stands_in_the_way(mover: Mover, services: Services) -> None:
    number = mover.begin(b"who\nsomebody\n")
    work_on_imports(services, mover.shop.now)
    assert "no column holds e-mail addresses" in mover.imported(number).problem
    assert mover.imported(number).state == "draft"


def test_the_link_in_the_mail_opens_the_buttons_for_two_weeks(
    mover: Mover, services: Services, client: FlaskClient
) -> None:
    number = mover.bring(crowd(1))
    start(mover, number)
    post_invitations(mover.desk, "Harbour", add_link_of(services), mover.shop.now)
    [mail] = mails(mover.shop)
    [address] = [word for word in mail.text.split() if "/hand-over/" in word]
    path = address.removeprefix(PUBLIC_URL).removeprefix(services.settings.site.public_url)
    mover.shop.clock.advance(days=13)
    assert client.get(path).status_code == 200
    mover.shop.clock.advance(days=2)
    assert b"hand-over" not in client.get(path).data


def test_members_read_it_in_their_language(mover: Mover) -> None:
    number = mover.bring(crowd(1))
    with mover.shop.session() as session:
        find_member(session, "p00@example.org").locale = "fr"
    start(mover, number)
    one_round(mover)
    assert mails(mover.shop)[0].language == "fr"
    assert "a déménagé" in mails(mover.shop)[0].subject


def post_letters(mover: Mover) -> int:
    return post_payment_letters(
        mover.shop.till, "Harbour", mover.shop.now, dunning=True, quiet=not_yet_told()
    )


def test_who_was_not_invited_is_not_told_of_an_end_either(mover: Mover) -> None:
    number = mover.bring(table("a@example.org,,,2026-06-03"))
    assert post_letters(mover) == 0
    mover.shop.clock.advance(days=3)
    assert post_letters(mover) == 0
    with mover.shop.session() as session:
        begin_undo(session, find_import(session, number))
    carry_on_undoing(mover.desk, number, mover.shop.now)
    assert post_letters(mover) == 0


def test_who_was_invited_is_told_before_it_ends(mover: Mover) -> None:
    number = mover.bring(table("a@example.org,,,2026-06-03"))
    start(mover, number)
    one_round(mover)
    assert post_letters(mover) == 1
    assert mails(mover.shop)[-1].kind == "ending"


def test_the_job_knows_who_was_not_told(mover: Mover, services: Services) -> None:
    mover.bring(table("a@example.org,,,2026-06-03"))
    work_off_payments(services, mover.shop.now)
    assert mails(mover.shop) == []
