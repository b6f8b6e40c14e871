"""The real command line in a fresh installation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from podcast_server.cli.main import root
from podcast_server.services import open_services
from podcast_server.settings import load_settings
from tests.migrated import put_migrated_database

AUDIO = Path(__file__).parents[3] / "podcast_server" / "demo" / "audio"
EMAIL = "ada@example.org"


@dataclass
class Terminal:
    """Somebody who types commands."""

    folder: Path

    def run(self, *words: str | Path, code: int = 0, typed: str = "") -> Result:
        """Run a command; ``typed`` answers its questions."""
        done = CliRunner().invoke(root, [*map(str, words)], input=typed, catch_exceptions=False)
        assert done.exit_code == code, done.output
        return done

    def initialise(self) -> None:
        """Run `init` over a database that is migrated already, which saves most of its time."""
        put_migrated_database(load_settings(None, {}))
        self.run("init")

    def json(self, *words: str | Path, code: int = 0) -> Any:
        """What a command prints for scripts."""
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def audio(self, number: int, name: str = "") -> Path:
        """A copy of a sample episode, with nothing beside it."""
        [source] = AUDIO.glob(f"s01e0{number}*.m[p4][3a]")
        target = self.folder / (name or source.name)
        shutil.copy(source, target)
        return target

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look into the database."""
        services = open_services(load_settings(None, {}))
        with services.sessions() as session:
            yield session
        services.close()


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Nothing was done yet."""
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path)


@pytest.fixture
def terminal(bare: Terminal) -> Terminal:
    """With one show, “harbour”."""
    bare.initialise()
    bare.run("show", "create", "Harbour")
    return bare
