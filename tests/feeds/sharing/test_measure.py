"""How many copies of an episode a feed gave away: people count, networks alone do not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.sharing.measure import Figures, measure
from tests.feeds.downloads.hits import ANTENNAPOD, FILE_BYTES, OVERCAST, RULES, hit, part

STEP = FILE_BYTES // 10


def test_nothing_is_nothing() -> None:
    assert measure([], RULES) == Figures(0, 0, 0)


def test_one_telephone_is_one_app_one_network_and_one_copy() -> None:
    assert measure([hit()], RULES) == Figures(1, 1, 1)


def test_a_telephone_that_changes_networks_while_it_loads_is_one_copy() -> None:
    pieces = [
        part(n * STEP, (n + 1) * STEP - 1, ip_hash=f"cell-{n}", user_agent=OVERCAST)
        for n in range(10)
    ]
    assert measure(pieces, RULES) == Figures(apps=1, networks=0, copies=1)


def test_the_same_network_again_is_no_other_copy() -> None:
    assert measure([hit(), hit(), hit()], RULES).copies == 1


def test_people_who_each_fetch_the_whole_are_as_many_copies() -> None:
    people = [hit(ip_hash=f"home-{n}") for n in range(9)]
    assert measure(people, RULES) == Figures(apps=1, networks=9, copies=9)


def test_a_telephone_and_a_car_radio_are_two_apps_and_two_copies() -> None:
    both = [hit(user_agent=OVERCAST), hit(user_agent=ANTENNAPOD)]
    assert measure(both, RULES) == Figures(apps=2, networks=1, copies=2)


def test_two_versions_of_an_app_are_one_family() -> None:
    both = [hit(user_agent="AntennaPod/3.5.0"), hit(user_agent="AntennaPod/3.6.0")]
    assert measure(both, RULES) == Figures(1, 1, 1)


def test_different_episodes_do_not_add_up() -> None:
    archive = [hit(episode_key=f"e{n}") for n in range(50)]
    assert measure(archive, RULES).copies == 1


def test_servers_of_apps_bots_and_probes_are_left_out() -> None:
    servers = "Overcast/1.0 Podcast Sync (9 subscribers; feed-id=1; +http://overcast.fm/)"
    others = [hit(user_agent=servers, ip_hash=f"farm-{n}") for n in range(30)]
    others += [hit(user_agent="Googlebot/2.1", ip_hash=f"bot-{n}") for n in range(30)]
    others += [part(0, 1, ip_hash=f"probe-{n}") for n in range(30)]
    others += [hit(status=403, ip_hash=f"refused-{n}") for n in range(30)]
    assert measure(others, RULES) == Figures(0, 0, 0)


def test_less_than_a_minute_is_no_copy() -> None:
    assert measure([part(0, 9999)], RULES).copies == 0


def test_a_file_that_was_replaced_during_the_day_is_another_one() -> None:
    both = [hit(), hit(file_bytes=FILE_BYTES * 2, bytes_served=FILE_BYTES * 2, ip_hash="b")]
    assert measure(both, RULES).copies == 1


@given(
    st.lists(
        st.builds(
            lambda start, length, network: part(start, start + length, ip_hash=f"n{network}"),
            st.integers(0, FILE_BYTES - 2),
            st.integers(2, FILE_BYTES),
            st.integers(0, 5),
        ),
        max_size=12,
    )
)
def test_there_are_never_more_copies_than_networks_and_order_does_not_matter(
    hits: list,  # type: ignore[type-arg]
) -> None:
    figures = measure(hits, RULES)
    assert figures == measure(reversed(hits), RULES)
    assert figures.copies <= max(1, len({each.ip_hash for each in hits}))
    assert figures.networks <= len({each.ip_hash for each in hits})
