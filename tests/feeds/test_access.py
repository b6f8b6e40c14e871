"""Who may hear what, and when."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from feeds.access import (
    CARD_FAILING,
    LAPSED,
    NO_NOTICE,
    NOBODY,
    WELCOME,
    Entitlement,
    EpisodeFacts,
    Window,
    entitlement_at,
    is_public,
    may_hear,
    next_change,
    parse_windows,
    told_at,
)

MEMBER = Entitlement((("show", 0),))
GOLD = Entitlement((("tier", 7),))
EPISODE = EpisodeFacts(
    id=1,
    season=2,
    state="ready",
    audience="members",
    tier_ids=(),
    publish_at=100,
    public_from=None,
    public_until=None,
)


def test_a_members_episode_is_for_members_once_it_is_out() -> None:
    assert may_hear(MEMBER, EPISODE, 100)
    assert may_hear(GOLD, EPISODE, 100)
    assert not may_hear(MEMBER, EPISODE, 99)
    assert not may_hear(NOBODY, EPISODE, 100)


def test_a_tier_episode_is_for_that_tier_alone() -> None:
    episode = replace(EPISODE, audience="tiers", tier_ids=(7, 8))
    assert may_hear(GOLD, episode, 100)
    assert not may_hear(MEMBER, episode, 100)
    assert not may_hear(Entitlement((("tier", 9),)), episode, 100)


def test_an_episode_for_sale_is_for_its_buyers_and_not_for_members() -> None:
    episode = replace(EPISODE, audience="sale")
    assert may_hear(Entitlement((("episode", 1),)), episode, 100)
    assert may_hear(Entitlement((("season", 2),)), episode, 100)
    assert not may_hear(Entitlement((("episode", 2), ("season", 3))), episode, 100)
    assert not may_hear(MEMBER, episode, 100)


def test_members_first_and_public_later() -> None:
    episode = replace(EPISODE, public_from=500)
    assert not may_hear(NOBODY, episode, 499)
    assert may_hear(NOBODY, episode, 500)
    assert next_change(episode, 50) == 100
    assert next_change(episode, 100) == 500
    assert next_change(episode, 500) is None


def test_the_back_catalogue_closes_to_the_public_but_stays_with_members() -> None:
    episode = replace(EPISODE, audience="free", public_from=100, public_until=900)
    assert is_public(episode, 899)
    assert not is_public(episode, 900)
    assert may_hear(MEMBER, episode, 900)
    assert not may_hear(NOBODY, episode, 900)


def test_drafts_and_withdrawn_episodes_are_for_nobody() -> None:
    for state in ("draft", "withdrawn"):
        hidden = replace(EPISODE, state=state, audience="free", public_from=100)
        assert not may_hear(MEMBER, hidden, 1000)
        assert next_change(hidden, 0) is None


def windows(*rows: list[object]) -> tuple[tuple[str, int, int, int | None, str], ...]:
    return parse_windows(json.dumps(rows))


def test_a_running_membership_gives_its_scope() -> None:
    assert entitlement_at(windows(["tier", 7, 0, 50, ""]), 49) == GOLD


def test_a_membership_that_ran_out_leaves_the_lapsed_notice() -> None:
    assert entitlement_at(windows(["show", 0, 0, 50, ""]), 50) == Entitlement((), LAPSED)


def test_one_who_never_had_a_membership_has_no_notice() -> None:
    assert entitlement_at((), 50) == NOBODY
    assert entitlement_at(windows(["show", 0, 60, None, ""]), 50) == NOBODY


def test_a_bought_episode_outlives_the_membership() -> None:
    both = windows(["show", 0, 0, 50, ""], ["episode", 3, 0, None, ""])
    assert entitlement_at(both, 60) == Entitlement((("episode", 3),), LAPSED)


def test_the_card_notice_shows_only_while_no_other_membership_is_in_order() -> None:
    failing = ["show", 0, 0, 99, "card_failing"]
    assert entitlement_at(windows(failing), 50).notice == CARD_FAILING
    assert entitlement_at(windows(failing, ["tier", 7, 0, None, ""]), 50).notice == NO_NOTICE
    assert entitlement_at(windows(failing, ["episode", 1, 0, None, ""]), 50).notice == CARD_FAILING
    assert entitlement_at(windows(["episode", 1, 0, 99, "card_failing"]), 50).notice == NO_NOTICE


_window = st.tuples(
    st.sampled_from(["show", "tier", "season", "episode"]),
    st.integers(0, 3),
    st.integers(0, 100),
    st.none() | st.integers(0, 100),
    st.sampled_from(["", "card_failing"]),
)


@given(st.lists(_window, max_size=6), st.integers(-10, 110))
def test_nobody_hears_a_members_episode_outside_every_window(
    rows: list[tuple[str, int, int, int | None, str]], now: int
) -> None:
    entitlement = entitlement_at(tuple(rows), now)
    running = any(
        scope in {"show", "tier"} and starts <= now and (ends is None or now < ends)
        for scope, _, starts, ends, _ in rows
    )
    assert entitlement.is_member is running
    plain = replace(EPISODE, publish_at=-100, id=99, season=None)
    assert may_hear(entitlement, plain, now) is running


DAY = 86_400


def window(starts: int, ends: int | None, notice: str = "", scope: str = "show") -> Window:
    return (scope, 0, starts, ends, notice)


def test_a_membership_is_welcomed_for_fourteen_days() -> None:
    running = (window(0, None),)
    assert told_at(running, 14 * DAY - 1) == Entitlement((("show", 0),), WELCOME)
    assert told_at(running, 14 * DAY) == MEMBER


def test_a_change_of_tier_is_no_new_beginning() -> None:
    windows = (window(0, 30 * DAY), ("tier", 7, 20 * DAY, None, ""))
    assert told_at(windows, 21 * DAY).notice == NO_NOTICE


def test_who_comes_back_after_the_end_is_welcomed_again() -> None:
    windows = (window(0, 30 * DAY), window(60 * DAY, None))
    assert told_at(windows, 45 * DAY).notice == LAPSED
    assert told_at(windows, 61 * DAY).notice == WELCOME


def test_a_failing_card_is_more_important_than_a_welcome() -> None:
    assert told_at((window(0, None, "card_failing"),), DAY).notice == CARD_FAILING


def test_a_single_sale_is_no_membership_to_be_welcomed_to() -> None:
    assert told_at((window(0, None, scope="episode"),), DAY).notice == NO_NOTICE
