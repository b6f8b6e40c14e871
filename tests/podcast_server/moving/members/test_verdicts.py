"""The dry run: what it says of each row, for each host."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.shows import ensure_tier
from podcast_server.accounts.models import Member
from podcast_server.moving.members.errors import MappingRefused, TableRefused
from podcast_server.moving.members.presets import FIELDS, PLAIN_NAMES
from podcast_server.moving.members.targets import Choices, find_target
from podcast_server.moving.members.verdicts import REASONS, WORDS
from tests.builders import build_member, give_membership
from tests.podcast_server.moving.members.conftest import Mover, sample, table


def test_patreon(mover: Mover) -> None:
    choices = replace(mover.choices, tiers={"Patron of the Harbour": "skip"})
    assert mover.words(sample("patreon"), choices) == {
        "ada@example.org": "new",
        "grete@example.org": "skipped left_out",
        "declan@example.org": "skipped failing",
        "flora@example.org": "skipped free",
        "olaf@example.org": "skipped ended",
        "nora@example.org": "new",  # has left, and paid until the 20th
    }


def test_patreon_members_keep_what_they_paid_for(mover: Mover) -> None:
    ends = {each.email: each.ends_at for each in mover.look(sample("patreon"))}
    assert ends["ada@example.org"] == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert ends["nora@example.org"] == datetime(2026, 6, 20, 7, tzinfo=UTC)


def test_supercast(mover: Mover) -> None:
    verdicts = mover.look(sample("supercast"))
    assert [(each.word, each.reason) for each in verdicts] == [
        ("new", ""),
        ("new", ""),
        ("skipped", "failing"),
        ("skipped", "ended"),
    ]
    assert verdicts[0].entry.name == "Ada Byron"
    assert verdicts[0].entry.old_feed.endswith("/feeds/xTk9QzPw2LmN")


def test_memberful(mover: Mover) -> None:
    assert mover.words(sample("memberful")) == {
        "ada@example.org": "new",
        "grete@example.org": "new",
        "olaf@example.org": "skipped ended",
        "flora@example.org": "skipped free",
    }


def test_substack(mover: Mover) -> None:
    assert mover.words(sample("substack")) == {
        "ada@example.org": "new",
        "grete@example.org": "new",
        "flora@example.org": "skipped free",
        "olaf@example.org": "skipped free",
    }


def test_steady(mover: Mover) -> None:
    assert mover.words(sample("steady")) == {
        "ada@example.org": "new",
        "grete@example.org": "new",
        "gustav@example.org": "new",
        "olaf@example.org": "skipped ended",
    }


def test_a_column_of_old_feeds_that_was_added_to_an_export_is_found(mover: Mover) -> None:
    lines = sample("substack").decode().splitlines()
    data = "\n".join([f"{lines[0]},old feed", f"{lines[1]},/feed/abc"]).encode()
    [verdict] = mover.look(data)
    assert verdict.entry.old_feed == "/feed/abc"


def test_stripe_subscriptions_need_stripe(mover: Mover) -> None:
    with pytest.raises(MappingRefused, match="secret_key"):
        mover.look(sample("stripe_subscriptions"))


def test_without_adoption_stripe_subscriptions_last_as_long_as_they_are_paid(mover: Mover) -> None:
    choices = replace(mover.choices, adopt=False)
    [ada, olaf] = mover.look(sample("stripe_subscriptions"), choices)
    assert (ada.word, ada.ends_at) == ("new", datetime(2026, 6, 20, 9, 12, tzinfo=UTC))
    assert (olaf.word, olaf.reason) == ("skipped", "ended")


def test_stripe_subscriptions_come_with_their_payments(stripe_mover: Mover) -> None:
    plan = stripe_mover.shop.plan()
    [ada, _] = stripe_mover.look(sample("stripe_subscriptions"), Choices(f"plan:{plan.slug}"))
    assert (ada.word, ada.adopts, ada.entry.name) == ("new", True, "Ada Byron")


def test_a_subscription_cannot_pay_for_a_show_alone(stripe_mover: Mover) -> None:
    verdicts = stripe_mover.words(sample("stripe_subscriptions"))
    assert verdicts["ada@example.org"] == "refused no_plan"


def test_rows_are_refused_with_a_reason(mover: Mover) -> None:
    data = table(
        "not an address,,,",
        ",Nobody,,",
        "ada@example.org,,,someday",
        "grete@example.org,,,",
        "GRETE@example.org,,,",
        f"long@example.org,{'x' * 5000},,",
    )
    assert [f"{each.word} {each.reason}" for each in mover.look(data)] == [
        "refused bad_email",
        "refused no_email",
        "refused bad_date",
        "new ",
        "refused doubled",
        "refused too_long",
    ]


def test_a_state_nobody_knows_is_refused_rather_than_guessed(mover: Mover) -> None:
    [verdict] = mover.look(table("a@example.org,sort of", header="email,status"))
    assert (verdict.word, verdict.reason, verdict.detail) == (
        "refused",
        "unknown_status",
        "sort of",
    )


def test_a_tier_that_leads_nowhere_is_refused(mover: Mover) -> None:
    choices = Choices(tiers={"Gold": f"show:{mover.shop.show.slug}"})
    data = table("a@example.org,,gold,", "b@example.org,,Silver,")
    assert mover.words(data, choices) == {
        "a@example.org": "new",
        "b@example.org": "refused unknown_tier",
    }


def test_a_cell_with_several_tiers_opens_all_of_them(mover: Mover) -> None:
    with mover.shop.session() as session:
        ensure_tier(session, mover.shop.show, "Early")
        ensure_tier(session, mover.shop.show, "Late")
    slug = mover.shop.show.slug
    choices = Choices(tiers={"A": f"show:{slug}/early", "B": f"show:{slug}/late", "C": "skip"})
    [verdict] = mover.look(table('a@example.org,,"A; B, C",'), choices)
    assert verdict.target is not None
    assert [right.scope for right in verdict.target.rights] == ["tier", "tier"]


def test_somebody_who_has_as_much_already_is_told_so(mover: Mover) -> None:
    now = mover.shop.now
    with mover.shop.session() as session:
        for name, ends_at in (
            ("forever", None),
            ("shorter", now + timedelta(days=2)),
            ("lapsed", now - timedelta(days=2)),
        ):
            member = build_member(session, now, f"{name}@example.org")
            give_membership(session, member, mover.shop.show, now, ends_at=ends_at)
        build_member(session, now, "visitor@example.org")
    rows = [
        f"{name}@example.org,,,2026-12-31" for name in ("forever", "shorter", "lapsed", "visitor")
    ]
    assert mover.words(table(*rows)) == {
        "forever@example.org": "member",
        "shorter@example.org": "renewed",
        "lapsed@example.org": "renewed",
        "visitor@example.org": "new",
    }


def test_who_ran_out_there_is_skipped(mover: Mover) -> None:
    assert mover.words(table("a@example.org,,,2026-05-31")) == {"a@example.org": "skipped lapsed"}


def test_nothing_is_written(mover: Mover) -> None:
    mover.look(sample("patreon"))
    assert mover.count(Member) == 0


@pytest.mark.parametrize("text", ["plan:none", "show:none", "show:{show}/none", "gold", "plan:"])
def test_a_target_that_is_not_there_is_refused(mover: Mover, text: str) -> None:
    with mover.shop.session() as session, pytest.raises(MappingRefused):
        find_target(session, text.replace("{show}", mover.shop.show.slug))


CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "ada@example.org",
            "ADA@Example.org ",
            "active",
            "ended",
            "free",
            "Yes",
            "",
            "gold",
            "/f",
            "2026-07-01",
            "31/31/2026",
            "0000-00-00",
            "99999999999999999999",
            "cus_1",
            "sub_1",
            "=1",
        ]
    ),
)


@pytest.mark.thorough
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.lists(CELLS, min_size=13, max_size=13), max_size=6))
def test_whatever_stands_in_a_table_every_row_gets_a_verdict(
    mover: Mover, cells: list[list[str]]
) -> None:
    sheet = io.StringIO()
    names = [PLAIN_NAMES.get(field, (field,))[0] for field in FIELDS]
    csv.writer(sheet, quoting=csv.QUOTE_ALL).writerows([names, *cells])
    data = sheet.getvalue().encode("utf-8", "replace")
    try:
        verdicts = mover.look(data)
    except TableRefused:
        return
    assert {each.word for each in verdicts} <= set(WORDS)
    assert {each.reason for each in verdicts} <= REASONS.keys()
    if verdicts:
        mover.bring(data)
