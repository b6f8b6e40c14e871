"""What an import gives; and that it can be killed at any moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from feeds.models import Grant, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.billing.reconcile import reconcile
from podcast_server.moving.members import apply
from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.imports import export_imported, progress_of
from podcast_server.moving.members.models import ImportedRow
from podcast_server.moving.members.report import table_of
from podcast_server.moving.members.targets import Choices
from tests.builders import build_member, give_membership
from tests.podcast_server.moving.members.conftest import Mover, sample, table


def crowd(size: int) -> bytes:
    return table(*(f"person{n}@example.org,Person {n},," for n in range(size)))


def test_members_hear_the_show_and_have_a_feed(mover: Mover) -> None:
    mover.bring(sample("patreon"))
    assert mover.shop.hears("ada@example.org")
    assert len(mover.shop.feeds("ada@example.org")) == 1
    member = mover.shop.member("ada@example.org")
    assert member is not None
    assert member.name == "Ada Byron"
    assert mover.shop.member("olaf@example.org") is None


def test_they_hear_it_until_the_day_their_host_named(mover: Mover) -> None:
    mover.bring(sample("patreon"))
    mover.shop.clock.advance(days=31)
    assert not mover.shop.hears("ada@example.org")
    assert mover.shop.hears("grete@example.org")


def test_the_ledger_says_which_import_it_was(mover: Mover) -> None:
    number = mover.bring(sample("patreon"))
    [entry, *_] = mover.shop.ledger()
    assert (entry.actor, entry.reason) == ("cli", f"import {number} (members.csv)")
    assert entry.starts_at == datetime(2024, 2, 1, 9, 12, 44, 104000, tzinfo=UTC)


def test_a_plan_opens_what_it_opens_for_everybody(mover: Mover) -> None:
    plan = mover.shop.plan()
    mover.bring(table("a@example.org,,,"), Choices(f"plan:{plan.slug}"))
    assert mover.shop.hears("a@example.org")


def test_a_free_plan_gives_a_feed_and_no_right(mover: Mover) -> None:
    with mover.shop.session() as session:
        from podcast_server.billing.plans import create_plan

        plan = create_plan(
            session, name="Free", opens=[(mover.shop.show, None)], prices=[], now=mover.shop.now
        )
        slug = plan.slug
    mover.bring(table("a@example.org,,,"), Choices(f"plan:{slug}"))
    assert len(mover.shop.feeds("a@example.org")) == 1
    assert not mover.shop.hears("a@example.org")


def test_a_longer_membership_is_not_cut_short(mover: Mover) -> None:
    with mover.shop.session() as session:
        member = build_member(session, mover.shop.now, "a@example.org")
        give_membership(session, member, mover.shop.show, mover.shop.now)
    mover.bring(table("a@example.org,Another Name,,2026-07-01"))
    mover.shop.clock.advance(days=300)
    assert mover.shop.hears("a@example.org")
    known = mover.shop.member("a@example.org")
    assert known is not None
    assert known.name == ""


def test_the_same_file_again_is_the_same_import(mover: Mover) -> None:
    first = mover.bring(crowd(3))
    ledger = len(mover.shop.ledger())
    assert mover.bring(crowd(3)) == first
    assert len(mover.shop.ledger()) == ledger


def test_another_import_of_the_same_people_gives_nothing_twice(mover: Mover) -> None:
    mover.bring(crowd(3))
    second = mover.bring(crowd(3), replace(mover.choices, until=mover.shop.now + timedelta(days=9)))
    assert mover.row(second, "person1@example.org").word == "member"
    assert mover.count(Grant) == mover.count(Member) == mover.count(PrivateFeed) == 3


@pytest.mark.parametrize("dies_at", range(1, 9))
def test_killed_at_any_moment_and_run_again_nothing_is_doubled_or_lost(
    mover: Mover, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    monkeypatch.setattr(apply, "_BATCH", 2)
    steps = 0
    give_feeds = apply._give_feeds

    def dying(*args: object) -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            raise KeyboardInterrupt
        give_feeds(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(apply, "_give_feeds", dying)
    number = mover.begin(crowd(8))
    with pytest.raises(KeyboardInterrupt):
        carry_on(mover.desk, number, mover.shop.now)
    assert mover.imported(number).state == "applying"
    mover.shop.clock.advance(minutes=5)
    assert mover.bring(crowd(8)) == number
    assert mover.imported(number).state == "applied"
    assert mover.count(Member) == mover.count(Grant) == mover.count(PrivateFeed) == 8
    assert mover.count(LedgerEntry) == 8


@pytest.mark.both_databases
def test_killed_while_the_rows_are_written_down_each_is_there_once(
    mover: Mover, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podcast_server.moving.members import keep

    monkeypatch.setattr(keep, "_BATCH", 3)
    written = keep._row
    calls = 0

    def dying(*args: Any) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return written(*args)

    monkeypatch.setattr(keep, "_row", dying)
    number = mover.begin(crowd(8))
    with pytest.raises(KeyboardInterrupt):
        carry_on(mover.desk, number, mover.shop.now)
    assert mover.count(ImportedRow) == 3
    mover.bring(crowd(8))
    assert mover.count(ImportedRow) == mover.count(Member) == 8


def test_the_file_is_forgotten_once_its_rows_are_written_down(mover: Mover) -> None:
    number = mover.bring(crowd(2))
    with mover.shop.session() as session:
        row = session.get_one(type(mover.imported(number)), number)
        assert row.content is None


def test_reconcile_leaves_what_an_import_gave(mover: Mover) -> None:
    mover.bring(crowd(2))
    report = reconcile(mover.shop.till, mover.shop.now)
    assert (report.repaired, report.problems) == ([], [])


def test_progress_is_counted(mover: Mover) -> None:
    number = mover.bring(sample("patreon"))
    with mover.shop.session() as session:
        progress = progress_of(session, mover.imported(number))
    assert dict(progress.states) == {"done": 3, "left": 3}
    assert (progress.rows, progress.to_invite, progress.invited) == (6, 3, 0)


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_the_report_holds_nothing_a_spreadsheet_would_run(mover: Mover, formula: str) -> None:
    data = table(f'a@example.org,"{formula}","{formula}",')
    for rows in (mover.look(data), _rows(mover, mover.bring(data))):
        line = table_of(rows).splitlines()[1]
        assert not any(cell.lstrip('" ').startswith(tuple("=+-@")) for cell in line.split(","))


def _rows(mover: Mover, number: int) -> list[ImportedRow]:
    with mover.shop.session() as session:
        return list(session.scalars(select(ImportedRow).where(ImportedRow.import_id == number)))


def test_what_imports_brought_stands_in_the_archive_of_a_member(mover: Mover) -> None:
    mover.bring(sample("supercast"))
    member = mover.shop.member("ada@example.org")
    assert member is not None
    with mover.shop.session() as session:
        [brought] = export_imported(session, member.id)
    assert (brought["from"], brought["tier"], brought["until"]) == ("supercast", "Supporter", None)
