"""Every threat in the guide is tied to tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "security.md").read_text()


def test_every_threat_names_tests_that_exist() -> None:
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    rows = [line for line in GUIDE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"no test: {row}"
        assert not set(named) - defined, row


def test_the_numbers_of_guessing_are_those_of_the_program() -> None:
    from feeds.tokens import ID_LENGTH, SIGNATURE_BYTES
    from podcast_server.settings import FeedSettings

    assert f"random id of {ID_LENGTH * 5} bits" in GUIDE
    assert f"signature of {SIGNATURE_BYTES * 8} bits" in GUIDE
    assert f"wrong {FeedSettings().guesses_per_minute} times a minute" in GUIDE
