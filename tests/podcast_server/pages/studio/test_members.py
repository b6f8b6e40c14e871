"""Looking after members."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from episodes.models import Episode, Show
from feeds.downloads.models import MemberPlay
from feeds.models import Grant, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.models import AuditEntry
from podcast_server.billing.errors import ProviderUnavailable
from podcast_server.billing.intervals import Interval
from podcast_server.billing.models import Plan, Subscription
from podcast_server.billing.money import Money
from podcast_server.billing.plans import PriceTerms, create_plan
from podcast_server.i18n import format_day
from podcast_server.mail.models import OutgoingMail
from podcast_server.pages.studio.members import nudge, one
from podcast_server.services import Services
from tests.builders import build_feed, build_member, build_show, give_membership
from tests.podcast_server.conftest import Letters
from tests.podcast_server.pages.studio.conftest import Desk

LIST = "/studio/shows/harbour/members"


@pytest.fixture
def ada(services: Services, harbour: Show, now: datetime) -> Member:
    """A member of the show with a feed."""
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        member = build_member(session, now, "ada@example.org")
        give_membership(session, member, show, now, starts_at=now - timedelta(days=9))
        build_feed(session, member, show, now)
        return member


def path(member: Member, tail: str = "") -> str:
    return f"{LIST}/{member.id}{tail}"


def test_the_list_shows_who_stands_how(owner: Desk, ada: Member) -> None:
    page = owner.get(LIST).text
    assert "ada@example.org" in page
    assert "never in an app" in page


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ADA", True),
        ("q=bob", False),
        ("q=%25", False),
        ("state=member", True),
        ("state=lapsed", False),
        ("fetched=never", True),
        ("fetched=ever", False),
        ("joined=2000-01-01", True),
        ("joined=2999-01-01", False),
        ("before=2999-01-01", True),
        ("before=2000-01-01", False),
        ("joined=soon&before=%01", True),
        ("silent=2000-01-01", True),
        ("silent=2000-01-01&fetched=ever", False),
        ("plan=nothing-like-it", True),
    ],
)
def test_members_are_searched_and_filtered(
    owner: Desk, ada: Member, query: str, found: bool
) -> None:
    assert ("ada@example.org" in owner.get(f"{LIST}?{query}").text) is found


def test_somebody_added_by_hand_gets_a_feed_and_a_mail(
    owner: Desk, services: Services, harbour: Show, letters: Letters
) -> None:
    answer = owner.send(LIST, email="Tam@example.org", tier="0", reason="partner", name="Tam")
    assert "They are a member now" in answer.text
    assert "partner" in answer.text
    assert letters.newest().recipient == "tam@example.org"
    assert letters.link().startswith("/hand-over/")


def test_adding_somebody_needs_a_reason(owner: Desk, services: Services, harbour: Show) -> None:
    answer = owner.send(LIST, email="tam@example.org", tier="0", reason="")
    assert "Say why" in answer.text
    with services.sessions() as session:
        assert session.scalar(select(Member.id)) is None


@pytest.mark.parametrize("where", [LIST, "give"])
def test_a_membership_is_not_given_until_a_day_that_is_over(
    owner: Desk, services: Services, ada: Member, where: str
) -> None:
    target = where if where == LIST else path(ada, "/give")
    typed = {"email": "tam@example.org", "tier": "0", "reason": "a present", "until": "2001-01-01"}
    answer = owner.send(target, **typed)
    assert "That day is over" in answer.text
    assert "a present" in answer.text  # what was typed stands there still
    with services.sessions() as session:
        assert session.scalars(select(Member.email)).all() == ["ada@example.org"]
        assert session.scalars(select(Grant.source)).all() == ["test"]


def test_a_membership_may_be_given_until_the_end_of_today(
    owner: Desk, ada: Member, now: datetime
) -> None:
    owner.send(path(ada, "/end"))
    today = now.date().isoformat()
    owner.send(path(ada, "/give"), tier="0", until=today, reason="one more day")
    page = owner.get(path(ada)).text
    assert f"Membership until {format_day(now.date())}" in page


def test_ending_a_membership_is_in_the_history_with_its_reason(owner: Desk, ada: Member) -> None:
    answer = owner.send(path(ada, "/end"), reason="asked by mail")
    assert "asked by mail" in answer.text
    assert "owner@example.org" in answer.text
    assert "ada@example.org" in owner.get(f"{LIST}?state=lapsed").text


def test_a_membership_can_be_given_and_made_longer(owner: Desk, ada: Member) -> None:
    owner.send(path(ada, "/end"))
    owner.send(path(ada, "/give"), tier="0", until="2026-12-31", reason="a present")
    page = owner.send(path(ada, "/give"), tier="0", until="2027-01-31", reason="longer").text
    assert "longer" in page
    assert "January 31, 2027" in page or "February 1, 2027" in page


def test_a_reset_closes_the_old_address_and_mails_the_new_one(
    owner: Desk, services: Services, ada: Member, letters: Letters
) -> None:
    with services.sessions() as session:
        feed = session.scalars(select(PrivateFeed)).one()
    owner.send(path(ada, f"/feeds/{feed.id}/reset"))
    with services.sessions() as session:
        states = session.scalars(select(PrivateFeed.state).order_by(PrivateFeed.id)).all()
    assert states == ["replaced", "open"]
    assert letters.newest().recipient == "ada@example.org"


def test_the_buttons_are_mailed_again(owner: Desk, ada: Member, letters: Letters) -> None:
    owner.send(path(ada, "/send-link"))
    assert owner.get(letters.link()).status_code == 200


def test_a_member_of_another_show_only_is_not_found(
    hire: Callable[..., Desk], services: Services, ada: Member, now: datetime
) -> None:
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="elsewhere")
    editor = hire("editor", other)
    for tail in ("", "/give", "/end", "/send-link", "/about", "/feeds/1/reset"):
        where = f"/studio/shows/elsewhere/members/{ada.id}{tail}"
        answer = editor.send(where, tier="0", reason="x") if tail else editor.get(where)
        assert answer.status_code == 404, where


def test_the_feed_of_somebody_else_cannot_be_reset_through_a_member(
    owner: Desk, services: Services, harbour: Show, ada: Member, now: datetime
) -> None:
    with services.sessions.begin() as session:
        bob = build_member(session, now, "bob@example.org")
        theirs = build_feed(session, bob, session.get_one(Show, harbour.id), now).id
    assert owner.send(path(ada, f"/feeds/{theirs}/reset")).status_code == 404


def test_only_owners_take_out_or_erase_a_persons_data(
    hire: Callable[..., Desk], harbour: Show, ada: Member
) -> None:
    editor = hire("editor", harbour)
    assert editor.get(path(ada, "/data.json")).status_code == 403
    assert editor.send(path(ada, "/erase"), email="ada@example.org").status_code == 403


def test_erasing_needs_the_address_typed(owner: Desk, services: Services, ada: Member) -> None:
    assert "Type the address exactly" in owner.send(path(ada, "/erase"), email="yes").text
    owner.send(path(ada, "/erase"), email="ada@example.org")
    with services.sessions() as session:
        assert session.get_one(Member, ada.id).email == f"erased-{ada.id}"
    assert "ada@example.org" not in owner.get(LIST).text


def test_the_archive_holds_what_we_know_and_no_keys(owner: Desk, ada: Member) -> None:
    facts = owner.get(path(ada, "/data.json")).get_json()
    assert facts["member"]["email"] == "ada@example.org"
    assert "/f/pf" not in str(facts)


def test_a_note_is_kept_and_found(owner: Desk, ada: Member) -> None:
    owner.send(path(ada, "/about"), name="Ada L.", note="met at the quay")
    assert "Ada L." in owner.get(f"{LIST}?q=quay").text


def test_the_table_cannot_run_formulas(owner: Desk, services: Services, ada: Member) -> None:
    owner.send(path(ada, "/about"), name='=HYPERLINK("https://evil.example")', note="")
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{LIST}.csv").text)))
    assert rows[0]["name"].startswith("'=")


def test_the_table_holds_who_is_shown_with_their_plans_and_is_noted(
    owner: Desk, services: Services, ada: Member, bundle: Plan
) -> None:
    owner.send(LIST, email="bob@example.org", tier=f"plan:{bundle.key}", reason="a prize")
    assert f"{LIST}.csv?q=bob" in owner.get(f"{LIST}?q=bob").text
    rows = list(csv.DictReader(io.StringIO(owner.get(f"{LIST}.csv?q=bob").text)))
    assert [(row["email"], row["plan"]) for row in rows] == [("bob@example.org", "Both")]
    assert "Both" in owner.get(f"{LIST}?q=bob").text
    with services.sessions() as session:
        noted = select(AuditEntry.subject).where(AuditEntry.action == "members.export")
        assert session.scalars(noted).all() == ["q=bob"]


def test_members_are_sorted_as_wanted(
    owner: Desk, services: Services, ada: Member, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        zoe = build_member(session, now, "zoe@example.org")
        zoe.name = "aaron"
        build_feed(session, zoe, show, now).last_fetched_at = now
        give_membership(session, zoe, show, now, starts_at=now)

    def order(sort: str) -> list[str]:
        table = owner.get(f"{LIST}.csv?sort={sort}").text
        return [row["email"][:3] for row in csv.DictReader(io.StringIO(table))]

    assert order("") == order("name") == order("fetched") == ["zoe", "ada"]
    assert order("first") == order("silent") == ["ada", "zoe"]


def test_scripts_in_what_members_are_called_never_run(owner: Desk, ada: Member) -> None:
    hostile = "<script>alert(1)</script>"
    owner.send(path(ada, "/about"), name=hostile, note=hostile)
    for where in (LIST, path(ada)):
        assert hostile not in owner.get(where).text


def test_the_page_says_what_the_feed_doctor_found(owner: Desk, ada: Member) -> None:
    assert 'class="said"' in owner.get(path(ada)).text


def test_nothing_is_taken_away_while_the_payments_cannot_be_ended(
    owner: Desk, services: Services, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_words: object, **_more: object) -> None:
        raise ProviderUnavailable("Stripe does not answer: try again in a minute")

    monkeypatch.setattr(one, "paying_for", lambda *_: [SimpleNamespace(realm="manual", key="")])
    monkeypatch.setattr(one, "cancel_subscription", refuse)
    assert "The payment service does not answer" in owner.send(path(ada, "/end")).text
    assert "ada@example.org" in owner.get(f"{LIST}?state=member").text


def test_the_members_of_a_plan_are_found(
    owner: Desk, services: Services, ada: Member, harbour: Show, now: datetime
) -> None:
    with services.sessions.begin() as session:
        gold, silver = (
            create_plan(
                session,
                name=name,
                opens=[(session.get_one(Show, harbour.id), None)],
                prices=[PriceTerms(Money(500, "eur"), Interval("month"))],
                now=now,
            )
            for name in ("Gold", "Silver")
        )
        session.add(running(ada, gold, now))
        keys = gold.key, silver.key
    found = [owner.get(f"{LIST}?plan={key}").text for key in keys]
    assert ["ada@example.org" in page for page in found] == [True, False]


def test_a_members_page_tells_what_they_heard(
    owner: Desk, services: Services, ada: Member, first: Episode, now: datetime
) -> None:
    with services.sessions.begin() as session:
        play = MemberPlay(
            day=now.date(), episode_key=first.key, member_id=ada.id, request_based=False
        )
        session.add(play)
    page = owner.get(path(ada)).text
    assert "Heard lately" in page
    assert first.title in page


@pytest.fixture
def bundle(services: Services, harbour: Show, now: datetime) -> Plan:
    """A plan that opens this show and another."""
    with services.sessions.begin() as session:
        other = build_show(session, now, slug="other")
        return create_plan(
            session,
            name="Both",
            opens=[(session.get_one(Show, harbour.id), None), (other, None)],
            prices=[PriceTerms(Money(500, "eur"), Interval("month"))],
            now=now,
        )


def open_shows(services: Services, member: Member, now: datetime) -> int:
    with services.sessions() as session:
        grants = session.scalars(select(Grant).where(Grant.member_id == member.id))
        return len({g.show_id for g in grants if g.ends_at is None or g.ends_at > now})


def test_a_plan_is_given_with_all_its_shows_and_ended_with_them(
    owner: Desk, services: Services, ada: Member, bundle: Plan, now: datetime
) -> None:
    assert open_shows(services, ada, now) == 1
    assert "Both" in owner.get(path(ada)).text
    owner.send(path(ada, "/give"), tier=f"plan:{bundle.key}", reason="a prize")
    assert open_shows(services, ada, now) == 2
    assert "a prize" in owner.get(path(ada)).text
    owner.send(path(ada, "/end"), reason="over")
    assert open_shows(services, ada, now) == 0


def test_an_editor_gives_no_plan_that_opens_somebody_elses_show(
    hire: Callable[..., Desk],
    services: Services,
    ada: Member,
    bundle: Plan,
    harbour: Show,
    now: datetime,
) -> None:
    editor = hire("editor", harbour)
    assert "Both" not in editor.get(path(ada)).text.split("Give a membership")[1]
    editor.send(path(ada, "/give"), tier=f"plan:{bundle.key}", reason="x")
    assert open_shows(services, ada, now) == 1


def test_a_plan_that_would_be_over_already_is_not_given(
    owner: Desk, services: Services, ada: Member, bundle: Plan, now: datetime
) -> None:
    told = owner.send(path(ada, "/give"), tier=f"plan:{bundle.key}", until="2001-01-01", reason="x")
    assert told.status_code == 200
    assert open_shows(services, ada, now) == 1


def running(member: Member, plan: Plan, now: datetime) -> Subscription:
    """A subscription that is paid."""
    return Subscription(
        realm="manual",
        ref="x1",
        purpose="membership",
        member_id=member.id,
        plan_id=plan.id,
        status="active",
        amount=500,
        currency="eur",
        interval="month",
        started_at=now - timedelta(days=3),
    )


def test_members_without_an_app_get_one_mail_a_month(
    owner: Desk, services: Services, ada: Member, letters: Letters, now: datetime
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Member, ada.id).created_at = now - timedelta(days=3)
    assert "nudge" in owner.get(f"{LIST}?state=member&fetched=never").text
    assert "1 member may hear everything" in owner.get(f"{LIST}/nudge").text
    assert "1 mail is written." in owner.send(f"{LIST}/nudge").text
    assert letters.newest().kind == "nudge"
    assert letters.newest().recipient == "ada@example.org"
    assert "Nobody to write to" in owner.get(f"{LIST}/nudge").text
    assert "0 mails are written." in owner.send(f"{LIST}/nudge").text


def test_the_numbers_offer_to_write_to_them_with_one_click(
    owner: Desk, services: Services, ada: Member, letters: Letters, now: datetime
) -> None:
    numbers = "/studio/shows/harbour/numbers"
    assert "They came just now" in owner.get(numbers).text
    with services.sessions.begin() as session:
        session.get_one(Member, ada.id).created_at = now - timedelta(days=3)
    page = owner.get(numbers).text
    assert "Write to 1 member now" in page
    [form] = re.findall(r'action="([^"]+/nudge)"', page)
    owner.send(form)
    assert letters.newest().recipient == "ada@example.org"
    assert "had a mail this month" in owner.get(numbers).text


def test_two_clicks_at_the_same_moment_are_one_mail(
    owner: Desk, services: Services, ada: Member, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with services.sessions.begin() as session:
        session.get_one(Member, ada.id).created_at = now - timedelta(days=3)
    # Both have looked before either writes.
    monkeypatch.setattr(nudge, "silent_members", lambda *_: [ada.id])
    assert "1 mail is written." in owner.send(f"{LIST}/nudge").text
    assert "0 mails are written." in owner.send(f"{LIST}/nudge").text
    with services.sessions() as session:
        kinds = list(session.scalars(select(OutgoingMail.kind)))
    assert kinds.count("nudge") == 1


def test_who_is_erased_before_the_mail_is_written_gets_none(
    owner: Desk, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.send(path(ada, "/erase"), email="ada@example.org")
    monkeypatch.setattr(nudge, "silent_members", lambda *_: [ada.id])
    assert "0 mails are written." in owner.send(f"{LIST}/nudge").text


def test_who_came_just_now_or_has_an_app_is_left_in_peace(
    owner: Desk, services: Services, ada: Member, now: datetime
) -> None:
    assert "Nobody to write to" in owner.get(f"{LIST}/nudge").text
    with services.sessions.begin() as session:
        session.get_one(Member, ada.id).created_at = now - timedelta(days=3)
        session.scalars(select(PrivateFeed)).one().last_fetched_at = now
    assert "Nobody to write to" in owner.get(f"{LIST}/nudge").text


def test_filters_come_with_the_first_member(
    owner: Desk, services: Services, harbour: Show, now: datetime
) -> None:
    alone = owner.get(LIST).text
    assert "No members yet" in alone
    assert 'role="search"' not in alone
    assert "Feeds that look shared" not in alone
    with services.sessions.begin() as session:
        show = session.get_one(Show, harbour.id)
        give_membership(session, build_member(session, now, "ada@example.org"), show, now)
    assert 'role="search"' in owner.get(LIST).text


def test_a_search_that_finds_nobody_keeps_its_filters(owner: Desk, ada: Member) -> None:
    for nobody in ("?q=bob", "?page=99"):
        page = owner.get(LIST + nobody).text
        assert "Nobody like that" in page
        assert 'role="search"' in page


@pytest.mark.parametrize(("query", "open_"), [("", False), ("?sort=name", True)])
def test_filters_in_use_stand_open(owner: Desk, ada: Member, query: str, open_: bool) -> None:
    assert ('<details class="more-filters" open>' in owner.get(LIST + query).text) is open_
