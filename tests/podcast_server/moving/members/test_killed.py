"""The real command, killed without warning, and run again."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from feeds.models import Grant, LedgerEntry, PrivateFeed
from podcast_server.accounts.models import Member
from podcast_server.invariants import World, broken_rules
from podcast_server.moving.members.models import ImportedRow, MemberImport
from podcast_server.services import now_utc
from tests.podcast_server.moving.members.conftest import table
from tests.running import Installation, installation

PEOPLE = 150


@pytest.mark.slow
def test_killed_at_random_and_run_again_everybody_is_there_once(tmp_path: Path) -> None:
    place = installation(tmp_path / "place")
    place.run("show", "create", "Harbour")
    file = place.folder / "members.csv"
    rows = (f"p{n}@example.org,Person {n},,,/feed/t{n}" for n in range(PEOPLE))
    file.write_bytes(table(*rows, header="email,name,plan,until,old feed"))
    words = ["import", "members", str(file), "--show", "harbour", "--apply"]
    for _ in range(2):
        kill_while_giving(place, words, random.uniform(0.02, 0.3))
    place.run(*words)
    with place.services() as services, services.sessions() as session:
        for model in (Member, Grant, PrivateFeed, LedgerEntry, ImportedRow):
            assert session.scalar(select(func.count()).select_from(model)) == PEOPLE
        [one] = session.scalars(select(MemberImport)).all()
        assert one.state == "applied"
        world = World(session, services.storage, now_utc())
        assert list(broken_rules(world)) == []


def kill_while_giving(place: Installation, words: list[str], after: float) -> None:
    """Start the command and kill it a moment after its rows are being worked on."""
    command = [sys.executable, "-m", "podcast_server", *words]
    running = subprocess.Popen(
        command, cwd=place.folder, env=place.environ, stdout=subprocess.DEVNULL
    )
    with place.services() as services:
        for _ in range(400):
            with services.sessions() as session:
                if session.scalar(select(func.count()).select_from(ImportedRow)):
                    break
            time.sleep(0.02)
    time.sleep(after)
    running.kill()
    running.wait()
