"""The page with the numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from episodes.models import Episode, Show
from feeds.downloads.models import MemberPlay
from podcast_server.accounts.models import PlayPosition
from podcast_server.services import Services
from tests.builders import build_member, give_membership
from tests.podcast_server.pages.studio.conftest import Desk

NUMBERS = "/studio/shows/harbour/numbers"


def test_an_analyst_sees_the_numbers_and_no_members_names(
    hire: Callable[..., Desk], services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        member = build_member(session, now, "ada@example.org")
        give_membership(session, member, session.get_one(Show, harbour.id), now)
    page = hire("analyst", harbour).get(NUMBERS).text
    assert "Members now</dt><dd>1</dd>" in page
    assert "ada@example.org" not in page
    assert "/members?" not in page


def test_an_analyst_lands_on_the_numbers(hire: Callable[..., Desk], harbour: Show) -> None:
    assert "/studio/shows/harbour/numbers" in hire("analyst", harbour).get("/studio").text


@pytest.mark.parametrize(
    "name", ["members", "downloads", "episodes", "apps", "plans", "completion", "active"]
)
def test_every_table_can_be_taken_along(owner: Desk, first: Episode, name: str) -> None:
    answer = owner.get(f"{NUMBERS}/{name}.csv")
    assert answer.mimetype == "text/csv"
    assert answer.text.count(",") >= 1


def test_who_heard_most_is_for_those_who_look_after_members(
    owner: Desk,
    hire: Callable[..., Desk],
    services: Services,
    harbour: Show,
    first: Episode,
    now: datetime,
) -> None:
    with services.sessions.begin() as session:
        ada = build_member(session, now, "ada@example.org")
        bob = build_member(session, now, "bob@example.org")
        for member, days in ((ada, 1), (bob, 3)):
            for day in range(days):
                session.add(
                    MemberPlay(
                        day=now.date() - timedelta(days=day),
                        episode_key=first.key,
                        member_id=member.id,
                        request_based=False,
                    )
                )
    lines = owner.get(f"{NUMBERS}/active.csv").text.splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["bob@example.org", "3"],
        ["ada@example.org", "1"],
    ]
    analyst = hire("analyst", harbour)
    assert analyst.get(f"{NUMBERS}/active.csv").status_code == 404
    assert "bob@example.org" not in analyst.get(NUMBERS).text


def test_how_many_heard_an_episode_out_is_told_where_it_is_known(
    owner: Desk, services: Services, first: Episode, now: datetime
) -> None:
    with services.sessions.begin() as session:
        for number in range(4):
            member = build_member(session, now, f"m{number}@example.org")
            session.add(
                PlayPosition(
                    member_id=member.id,
                    episode_id=first.id,
                    seconds=60,
                    finished=number == 0,
                    updated_at=now,
                )
            )
    assert f"{first.title},4,1,25%" in owner.get(f"{NUMBERS}/completion.csv").text


def test_a_table_that_is_not_there_is_not_found(owner: Desk, harbour: Show) -> None:
    assert owner.get(f"{NUMBERS}/secrets.csv").status_code == 404


def test_a_title_cannot_be_a_formula(owner: Desk, services: Services, first: Episode) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).title = "=1+1"
    assert "\n'=1+1," in owner.get(f"{NUMBERS}/episodes.csv").text


def test_titles_cannot_leave_the_data_of_the_charts(
    owner: Desk, services: Services, first: Episode
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Episode, first.id).title = "</script><script>alert(1)</script>"
    assert "<script>alert" not in owner.get(NUMBERS).text


def test_figures_are_written_as_the_reader_writes_them_and_plainly_in_csv(
    owner: Desk, harbour: Show
) -> None:
    page = owner.client.get(NUMBERS, headers={"Accept-Language": "fr"}).text
    assert "juin 2026" in page
    assert "0,0\N{NARROW NO-BREAK SPACE}%" in page
    assert '"2026-06"' in page  # what the chart reads
    sheet = owner.client.get(f"{NUMBERS}/members.csv", headers={"Accept-Language": "fr"}).text
    assert "2026-06,0,0,0,0,0.0%" in sheet
