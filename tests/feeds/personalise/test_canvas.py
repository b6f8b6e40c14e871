"""A copy on loan is whole and its member's alone, however often its room was somebody else's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sample_feed import sample_feed
from feeds.personalise import Canvas, PreparedDocument, dump, load
from feeds.personalise.copies import OrdinaryCopies
from feeds.personalise.prepared import assemble
from tests.feeds.personalise.samples import TOKENS, documents, prepared, template_of, tokens

FEED = prepared(sample_feed(5))
people = st.lists(st.tuples(tokens, tokens, st.booleans()), min_size=1, max_size=8)


def drawn(document: PreparedDocument, *tokens: bytes) -> Canvas:
    copy = document.personal(*tokens).drawn()
    assert isinstance(copy, Canvas)
    return copy


def token_of(number: int) -> bytes:
    return f"{number:042d}".encode()


@given(documents, people)
def test_each_is_the_copy_of_its_member_and_stays_so_until_given_back(
    document: bytes, people: list[tuple[bytes, bytes, bool]]
) -> None:
    copies, lent = prepared(document), []
    for feed, media, soon in people:
        canvas = drawn(copies, feed, media)
        assert bytes(canvas) == copies.gzip(feed, media)
        if soon:
            canvas.give_back()
        else:
            lent.append((canvas, feed, media))
    for canvas, feed, media in lent:
        assert canvas.taken() == copies.gzip(feed, media)


def test_a_loaded_document_lends_the_same_copies() -> None:
    again = load(dump(FEED))
    drawn(again, *TOKENS).give_back()
    assert bytes(drawn(again, token_of(1), token_of(2))) == FEED.gzip(token_of(1), token_of(2))


def test_what_is_given_back_is_used_again() -> None:
    first = drawn(FEED, *TOKENS)
    first.give_back()
    assert drawn(FEED, token_of(1), token_of(2)) is first


def test_what_is_not_given_back_is_nobody_elses() -> None:
    assert drawn(FEED, *TOKENS) is not drawn(FEED, *TOKENS)


def test_one_that_is_given_back_twice_is_lent_to_one_only() -> None:
    first = drawn(FEED, *TOKENS)
    first.give_back()
    first.give_back()
    assert drawn(FEED, *TOKENS) is not drawn(FEED, *TOKENS)


def test_not_more_is_kept_than_is_counted() -> None:
    copies = prepared(sample_feed(5))
    several = [drawn(copies, *TOKENS) for _ in range(4)]
    for canvas in several:
        canvas.give_back()
    used_again = drawn(copies, *TOKENS)
    assert sum(canvas is used_again for canvas in several) == 1
    assert not any(drawn(copies, *TOKENS) is canvas for canvas in several)


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_many_threads_never_see_each_others_tokens() -> None:
    rounds, threads = 300, 8
    together = Barrier(threads)

    def work(mine: int) -> int:
        own = (token_of(mine), token_of(1000 + mine))
        right, wrong = FEED.gzip(*own), 0
        together.wait()
        for _ in range(rounds):
            canvas = drawn(FEED, *own)
            wrong += bytes(canvas) != right
            wrong += canvas.taken() != right
        return wrong

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(work, range(threads))) == 0


@pytest.mark.parametrize("before", [0, 1])
def test_tokens_of_another_length_are_refused(before: int) -> None:
    copies = prepared(sample_feed(5)).copies
    ending = copies.ending(TOKENS)
    for _ in range(before):
        canvas = copies.draw(TOKENS, ending)
        assert isinstance(canvas, Canvas)
        canvas.give_back()
    with pytest.raises(ValueError, match="other lengths"):
        copies.draw((b"short", TOKENS[1]), ending)
    assert copies.draw(TOKENS, ending) == copies.gzip(TOKENS, ending)


def test_what_cannot_be_spliced_is_made_anew_each_time() -> None:
    plain = FEED.stencil
    ordinary = assemble(template_of(sample_feed(5)), plain, OrdinaryCopies(plain))
    assert ordinary.personal(*TOKENS).drawn() == ordinary.gzip(*TOKENS)
