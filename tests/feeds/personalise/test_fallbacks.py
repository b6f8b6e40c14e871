"""A stream that came out wrong is never served: another way is taken, and the log says so."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.sample_feed import sample_feed
from feeds.personalise import copies
from feeds.personalise import prepared as subject
from feeds.personalise.canvas import Canvas, Canvases
from feeds.personalise.copies import OrdinaryCopies, SplicedCopies
from feeds.personalise.deflate import with_a_hole_for_every_token
from feeds.personalise.stencil import Stencil, make_stencil
from feeds.personalise.template import Template, Words
from tests.feeds.personalise.samples import TOKENS, assert_right, documents, prepared

Method = Callable[[Template, int], Stencil]


def leaves_placeholders(template: Template, level: int) -> Stencil:
    """A stream in which no token is a hole: it decodes to placeholders."""
    return with_a_hole_for_every_token(Template(template.body, template.placeholders, ()), level)


def is_no_stream(template: Template, level: int) -> Stencil:
    return make_stencil([b"\x1f\x8b garbage"], b"")


def swaps_tokens(template: Template, level: int) -> Stencil:
    stencil = with_a_hole_for_every_token(template, level)
    return make_stencil(stencil.texts, bytes(1 - kind for kind in stencil.kinds))


def stops_early(template: Template, level: int) -> Stencil:
    stencil = with_a_hole_for_every_token(template, level)
    return make_stencil((*stencil.texts[:-1], stencil.texts[-1][:-3]), stencil.kinds)


def breaks_down(template: Template, level: int) -> Stencil:
    raise zlib.error("Error -3 while decompressing data")


SABOTAGE = [breaks_down, leaves_placeholders, is_no_stream, swaps_tokens, stops_early]


@pytest.mark.parametrize("sabotaged", SABOTAGE)
def test_a_wrong_first_way_gives_one_hole_for_every_token_and_a_warning(
    sabotaged: Method, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subject, "METHODS", (sabotaged, with_a_hole_for_every_token))
    document = sample_feed(20)
    with caplog.at_level(logging.WARNING):
        copy = prepared(document)
    assert isinstance(copy.copies, SplicedCopies)
    assert len(copy.copies.stencil.kinds) == 21
    assert_right(copy, document, TOKENS)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert sabotaged.__name__ in caplog.text


@pytest.mark.parametrize("sabotaged", SABOTAGE)
def test_if_every_way_is_wrong_copies_are_compressed_one_by_one_and_the_log_says_so(
    sabotaged: Method, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subject, "METHODS", (sabotaged, sabotaged))
    document = sample_feed(20)
    with caplog.at_level(logging.WARNING):
        copy = prepared(document)
    assert isinstance(copy.copies, OrdinaryCopies)
    assert copy.gzip_size is None
    assert_right(copy, document, TOKENS)
    assert len(caplog.records) == 3
    assert "every request" in caplog.records[-1].message


def test_a_feed_that_came_out_right_is_nothing_to_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        prepared(sample_feed(20))
    assert not caplog.records


@pytest.mark.parametrize("methods", [(with_a_hole_for_every_token,), ()])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(documents)
def test_each_fallback_is_right_for_any_document(
    methods: tuple[Method, ...], monkeypatch: pytest.MonkeyPatch, document: bytes
) -> None:
    monkeypatch.setattr(subject, "METHODS", methods)
    assert_right(prepared(document), document, TOKENS)


def test_a_hole_for_every_token_costs_a_tenth_more_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = sample_feed(100)
    best = len(prepared(document).gzip(*TOKENS))
    monkeypatch.setattr(subject, "METHODS", (with_a_hole_for_every_token,))
    assert len(prepared(document).gzip(*TOKENS)) < best * 1.10


def test_ordinary_copies_are_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "METHODS", ())
    copy = prepared(sample_feed(5))
    assert copy.gzip(*TOKENS) == copy.gzip(*TOKENS)
    assert copy.gzip(*TOKENS)[4:8] == bytes(4)


class Forgetful(Canvases):
    """Lends a canvas on which the tokens of the one before still stand."""

    def draw(self, tokens: Words, ending: bytes) -> Canvas:
        return super().draw(self.first if self._free else tokens, ending)

    first = tuple(b"x" * len(token) for token in TOKENS)


def test_copies_that_keep_the_tokens_of_another_are_not_made_that_way(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(copies, "Canvases", Forgetful)
    document = sample_feed(20)
    with caplog.at_level(logging.WARNING):
        copy = prepared(document)
    assert isinstance(copy.copies, OrdinaryCopies)
    assert_right(copy, document, TOKENS)
    assert len(caplog.records) == 3
