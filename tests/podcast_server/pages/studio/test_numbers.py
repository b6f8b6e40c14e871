"""The page with the numbers."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from episodes.models import Episode, Show
from feeds.downloads.models import DailyDownload, MemberPlay
from podcast_server.accounts.models import PlayPosition
from podcast_server.billing.history import Stay, note_stay, note_terms
from podcast_server.billing.models import Subscription
from podcast_server.billing.plans import create_plan
from podcast_server.services import Services
from tests.builders import build_episode, build_member, give_membership
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
    ("name", "headings"),
    [
        ("members", "Month,New,Lost,Net,Members,Churn"),
        ("plans", "Plan,Month,New,Lost,Net,Members,Churn"),
        ("revenue", "Month"),
        ("downloads", "Day,Downloads"),
        ("episodes", "Episode,Came out,First 7 days,First 30 days,First 90 days,In all"),
        ("apps", "App,Downloads,Share"),
        ("completion", "Episode,Began,Heard it out,Share"),
        ("active", "Name,E-mail,Episodes heard,Last heard"),
    ],
)
def test_every_table_can_be_taken_along(
    owner: Desk, first: Episode, name: str, headings: str
) -> None:
    answer = owner.get(f"{NUMBERS}/{name}.csv")
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[0] == headings


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
    today = now.date().isoformat()
    assert lines[1:] == [f"–,bob@example.org,3,{today}", f"–,ada@example.org,1,{today}"]
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
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    join_and_pay(services, harbour, now, amount=123_400)
    page = owner.client.get(NUMBERS, headers={"Accept-Language": "fr"}).text
    assert "juin 2026 à ce jour" in page
    assert "0,0\N{NARROW NO-BREAK SPACE}%" in page
    assert "1\N{NARROW NO-BREAK SPACE}234,00\xa0€" in page
    assert '"2026-06"' in page  # what the chart reads
    sheet = owner.client.get(f"{NUMBERS}/members.csv", headers={"Accept-Language": "fr"}).text
    assert "2026-06,0,0,0,1,0.0%" in sheet
    sheet = owner.client.get(f"{NUMBERS}/revenue.csv", headers={"Accept-Language": "fr"}).text
    assert sheet.splitlines() == ["Mois,EUR", "2026-05,1234.00", "2026-06,1234.00"]


def join_and_pay(
    services: Services, show: Show, now: datetime, *, amount: int = 500, currency: str = "eur"
) -> None:
    """A member of a plan since the second of May, who pays."""
    began = now - timedelta(days=30)
    with services.sessions.begin() as session:
        member = build_member(session, now)
        give_membership(session, member, session.get_one(Show, show.id), now)
        opens = [(session.get_one(Show, show.id), None)]
        plan = create_plan(session, name="Mate", opens=opens, prices=[], now=now)
        subscription = Subscription(
            realm="manual",
            ref=f"order{member.id}",
            purpose="membership",
            member_id=member.id,
            plan_id=plan.id,
            status="active",
            amount=amount,
            currency=currency,
            interval="month",
            started_at=began,
        )
        session.add(subscription)
        session.flush()
        note_terms(session, subscription, now)
        note_stay(session, "test", Stay(plan.id, member.id, began, None), now)


def test_each_currency_has_a_column_a_chart_and_a_sum(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    join_and_pay(services, harbour, now)
    join_and_pay(services, harbour, now, amount=700, currency="jpy")
    page = owner.get(NUMBERS).text
    assert "<dd><span>¥700</span> <span>€5.00</span> </dd>" in page
    assert 'data-chart="revenue-eur"' in page
    assert 'data-chart="revenue-jpy"' in page
    assert "2026-05,700,5.00" in owner.get(f"{NUMBERS}/revenue.csv").text


def test_plans_are_told_month_by_month_from_their_first_member_on(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    join_and_pay(services, harbour, now)
    assert owner.get(f"{NUMBERS}/plans.csv").text.splitlines()[1:] == [
        "Mate,2026-05,1,0,1,1,0.0%",
        "Mate,2026-06,0,0,0,1,0.0%",
    ]
    assert 'data-chart="plans"' in owner.get(NUMBERS).text


def downloaded(services: Services, episode: Episode, day: datetime, count: int) -> None:
    with services.sessions.begin() as session:
        row = DailyDownload(day=day.date(), episode_key=episode.key, app="Castro", device="mobile")
        row.country, row.downloads, row.request_based = "", count, 0
        session.add(row)


def test_days_that_are_not_over_say_so_and_finished_ones_do_not(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show, at = session.get_one(Show, harbour.id), now - timedelta(days=7)
        episode = build_episode(session, services.storage, show, now, at=at, title="Rope")
    downloaded(services, episode, now - timedelta(days=6), 12)
    page = owner.get(NUMBERS).text
    assert '<td data-heading="First 7 days">12</td>' in page
    assert '<td data-heading="First 30 days">12 so far</td>' in page
    assert '<td data-heading="First 90 days">12 so far</td>' in page


def test_an_episode_that_is_still_to_come_has_no_numbers(
    owner: Desk, services: Services, harbour: Show, first: Episode, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show, at = session.get_one(Show, harbour.id), now + timedelta(days=2)
        build_episode(session, services.storage, show, now, at=at, title="Tomorrow's fog")
    sheet = owner.get(f"{NUMBERS}/episodes.csv").text
    assert "First light" in sheet
    assert "fog" not in sheet


def test_before_there_is_anything_to_count_the_page_says_so_without_charts(
    owner: Desk, first: Episode
) -> None:
    page = owner.get(NUMBERS).text
    assert "Nothing to count yet" in page
    assert "data-chart" not in page
    assert "charts.js" not in page


def test_every_chart_has_its_table_beside_it(
    owner: Desk, services: Services, harbour: Show, first: Episode, now: datetime
) -> None:
    join_and_pay(services, harbour, now)
    downloaded(services, first, now, 3)
    page = owner.get(NUMBERS).text
    charts = re.findall(r'data-chart="([^"]+)" role="img" aria-label="([^"]+)"', page)
    assert [name for name, _ in charts] == [
        "members", "moves", "revenue-eur", "plans", "downloads", "apps", "episodes",
    ]  # fmt: skip
    assert page.count("<table>") == 6  # one says who came and who left, and how many are there


def test_the_page_is_compressed_for_browsers_that_take_it(owner: Desk, harbour: Show) -> None:
    answer = owner.client.get(NUMBERS, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert b"<h1>Numbers</h1>" in gzip.decompress(answer.data)
    assert "Content-Encoding" not in owner.get(NUMBERS).headers
