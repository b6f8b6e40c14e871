"""What must hold for any hits: order, splitting and repetition do not raise the count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.downloads.count import Hit, count_downloads, count_plays
from tests.feeds.downloads.hits import ANTENNAPOD, FILE_BYTES, MONDAY, OVERCAST, RULES, hit

AGENTS = [OVERCAST, ANTENNAPOD, "curl/8.4.0", "", "AppleCoreMedia/1.0.0"]


@st.composite
def any_hit(draw: st.DrawFn) -> Hit:
    first = draw(st.none() | st.integers(0, FILE_BYTES + 10))
    last = draw(st.none() | st.integers(first or 0, FILE_BYTES + 10))
    return hit(
        at=MONDAY + timedelta(hours=draw(st.integers(0, 30))),
        episode_key=draw(st.sampled_from(["one", "two"])),
        method=draw(st.sampled_from(["GET", "GET", "GET", "HEAD"])),
        status=draw(st.sampled_from([200, 206, 206, 302, 304, 404])),
        ip_hash=draw(st.sampled_from(["a", "b"])),
        user_agent=draw(st.sampled_from(AGENTS)),
        range_start=first,
        range_end=last,
        bytes_served=draw(st.none() | st.integers(0, FILE_BYTES)),
        member_id=draw(st.sampled_from([None, 1, 2])),
        country=draw(st.sampled_from([None, "FR", "US"])),
        feed_app=draw(st.sampled_from(["", "Castro"])),
    )


@pytest.mark.thorough
@given(st.lists(any_hit(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_hits_never_changes_the_count(hits: list[Hit], random: object) -> None:
    shuffled = hits.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count_downloads(shuffled, RULES) == count_downloads(hits, RULES)
    assert count_plays(shuffled, RULES) == count_plays(hits, RULES)


@pytest.mark.thorough
@given(st.lists(any_hit(), min_size=1, max_size=12), st.data())
def test_duplicates_never_increase_the_count(hits: list[Hit], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(hits), max_size=6))
    assert len(count_downloads(hits + again, RULES)) == len(count_downloads(hits, RULES))
    assert len(count_plays(hits + again, RULES)) == len(count_plays(hits, RULES))


@given(
    st.integers(0, FILE_BYTES - 1),
    st.integers(1, FILE_BYTES),
    st.lists(st.integers(0, FILE_BYTES), max_size=5),
    st.sampled_from([206, 302]),
)
def test_splitting_a_range_into_parts_never_changes_the_count(
    start: int, length: int, cuts: list[int], status: int
) -> None:
    end = min(start + length, FILE_BYTES)
    # Parts of two bytes are what the guidelines disregard; nobody splits like that.
    edges = [start]
    for cut in sorted({cut for cut in cuts if start < cut < end} | {end}):
        if cut - edges[-1] > 2:
            edges.append(cut)
    edges[-1] = end

    def fetched(first: int, stop: int) -> Hit:
        served = None if status == 302 else stop - first
        base = hit(status=status, range_start=first, range_end=stop - 1)
        return replace(base, bytes_served=served)

    whole = count_downloads([fetched(start, end)], RULES)
    assert count_downloads([fetched(a, b) for a, b in pairwise(edges)], RULES) == whole


@pytest.mark.thorough
@given(st.lists(any_hit(), max_size=12), any_hit())
def test_one_more_hit_never_takes_a_download_away(hits: list[Hit], extra: Hit) -> None:
    assert len(count_downloads([*hits, extra], RULES)) >= len(count_downloads(hits, RULES))
