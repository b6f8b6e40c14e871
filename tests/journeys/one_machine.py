"""Journeys that cannot be made on many hosts, each with the reason: the one place for exceptions.

Named by file, or by file and function. `pytest tests/journeys --many-hosts` makes all others there,
and refuses a journey that it can make nowhere and does not find here.
"""

from __future__ import annotations

EXEMPTED = {
    "test_lighthouse.py": (
        "what is judged is how fast a page is, to the tenth of a second, and here hosts are taken away"
    ),
    "test_backup.py": (
        "what is judged is a backup into a folder of the machine and its return on a fresh one; "
        "PostgreSQL and S3 have theirs in tests/podcast_server and tests/chaos"
    ),
}


def reason_to_exempt(file: str, function: str) -> str:
    """Why a journey is made on one machine alone; nothing where it need not be."""
    return EXEMPTED.get(file) or EXEMPTED.get(f"{file}::{function}") or ""
