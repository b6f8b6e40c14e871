"""Sample files, made once in each run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.samples.audio import record

OVER_A_MINUTE = 66.0  # seconds
SHORT = 3.0  # seconds
SETTINGS: dict[str, dict[str, Any]] = {"ogg": {"channels": 2, "encoder_options": {"strict": "-2"}}}

EVERY_FORM = ("mp3", "m4a", "aac", "ogg", "opus", "flac", "wav", "alac")


def forms(*quick: str, of: Sequence[str] = EVERY_FORM) -> list[Any]:
    """All forms to try; only the named ones in the quick run, for each encoding takes time."""
    slow = pytest.mark.slow
    return [form if form in quick else pytest.param(form, marks=slow) for form in of]


Sample = Callable[[str, float], Path]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """``sample(form, seconds)``: a plain file of that form. Do not write to it."""
    folder = tmp_path_factory.mktemp("samples")

    def made(form: str, seconds: float = SHORT) -> Path:
        path = folder / f"{seconds:g}.{form}"
        if not path.exists():
            record(path, form, seconds=seconds, **SETTINGS.get(form, {}))
        return path

    return made


@pytest.fixture
def mp3(sample: Sample, tmp_path: Path) -> Path:
    """A short MP3 of one's own, to write to."""
    path = tmp_path / "own.mp3"
    path.write_bytes(sample("mp3", SHORT).read_bytes())
    return path
