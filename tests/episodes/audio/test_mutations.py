"""Real files changed at random: each is refused with a reason or accepted with sane facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from episodes.audio.errors import SENTENCES, AudioRefused
from episodes.audio.facts import AudioFacts
from episodes.audio.limited import Limits
from episodes.audio.probe import probe
from tests.episodes.audio.conftest import EVERY_FORM, SHORT, Sample
from tests.samples.audio import quicktime_chapters, variable_mp3

Mutation = Callable[[bytearray], None]
STRICT = Limits(cpu=10, wall=30)


def _place(data: bytearray, where: float) -> int:
    # Most of what can be broken stands in the first kilobytes, so half of all places do.
    return int(where * 2 * min(4096, len(data))) if where < 0.5 else int(where * len(data))


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """One change: bytes replaced, cut out, doubled, or the end cut off."""
    where = draw(st.floats(0, 0.999))
    what = draw(st.sampled_from(["replace", "remove", "insert", "double", "end"]))
    noise = draw(
        st.one_of(st.binary(min_size=1, max_size=64), st.sampled_from([b"\xff" * 4, bytes(8)]))
    )

    def mutate(data: bytearray) -> None:
        at = min(_place(data, where), max(len(data) - 1, 0))
        if what == "replace":
            data[at : at + len(noise)] = noise
        elif what == "remove":
            del data[at : at + len(noise)]
        elif what == "insert":
            data[at:at] = noise
        elif what == "double":
            data[at:at] = data[at : at + 20_000]
        else:
            del data[at:]

    return mutate


def answer_to(path: Path) -> AudioFacts | str:
    """Facts or a reason; anything else is an error of ours."""
    try:
        facts = probe(path, limits=STRICT)
    except AudioRefused as refused:
        return refused.reason
    assert 0 < facts.duration_seconds < math.inf
    assert 0 <= facts.audio_start <= facts.size
    assert 0 < facts.minute_bytes <= facts.size == path.stat().st_size
    assert facts.bitrate >= 0
    assert facts.sample_rate > 0
    return facts


def _check(source: Path, changes: list[Mutation], folder: Path) -> None:
    data = bytearray(source.read_bytes())
    for change in changes:
        change(data)
    path = folder / "mutated"
    path.write_bytes(data)
    answer = answer_to(path)
    assert isinstance(answer, AudioFacts) or answer in SENTENCES


@pytest.mark.thorough
@given(form=st.sampled_from(EVERY_FORM), changes=st.lists(mutations(), min_size=1, max_size=8))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_changed_file_is_refused_or_accepted(
    sample: Sample, tmp_path: Path, form: str, changes: list[Mutation]
) -> None:
    _check(sample(form, SHORT), changes, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", EVERY_FORM)
@given(changes=st.lists(mutations(), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_changed_files_are_refused_or_accepted(
    sample: Sample, tmp_path: Path, form: str, changes: list[Mutation]
) -> None:
    _check(sample(form, SHORT), changes, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["chapters", "variable"])
@given(changes=st.lists(mutations(), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_changed_chapter_tracks_and_streams_without_xing(
    tmp_path: Path, kind: str, changes: list[Mutation]
) -> None:
    source = tmp_path / "source"
    if not source.exists() and kind == "chapters":
        quicktime_chapters(source, [(0.0, 1.0, "One"), (1.0, 3.0, "Two")])
    elif not source.exists():
        variable_mp3(source, seconds=SHORT, xing=False)
    _check(source, changes, tmp_path)
