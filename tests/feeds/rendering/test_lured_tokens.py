"""Attacks: texts that would become the sentinel, and so a member's token, while written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.storage.base import Storage
from feeds.rendering.sentinels import FEED_SENTINEL, MEDIA_SENTINEL
from tests.builders import build_episode
from tests.conftest import Get, People, body_of

HALF = len(FEED_SENTINEL) // 2


def broken_by(middle: str, sentinel: str = FEED_SENTINEL) -> str:
    return sentinel[:HALF] + middle + sentinel[HALF:]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": broken_by("\x01")},
        {"title": broken_by("\ufffe")},
        {"author": broken_by(broken_by("\x02"))},
        {"notes": broken_by("\x01")},
        {"notes": broken_by("<code></code>")},
        {"notes": broken_by("<br><script>x</script>")},
        {"notes": f"`{broken_by('` `')}`".replace("` `", "`<code>`")},
        {"notes": f"<code>{FEED_SENTINEL[:HALF]}</code>{FEED_SENTINEL[HALF:]}"},
        {"notes": broken_by("&#x53;".join(["", ""]))},
        {"season": 1, "season_name": broken_by("\x01")},
        {"persons": [{"name": broken_by("\x01")}]},
        {"persons": [{"name": "x", "href": f"https://evil.example/{FEED_SENTINEL}"}]},
        {"persons": [{"name": "x", "img": f"https://evil.example/{broken_by(chr(1))}"}]},
        {"persons": [{"name": "x", "role": FEED_SENTINEL, "group": FEED_SENTINEL}]},
        {"link": f"https://evil.example/{broken_by(chr(1))}"},
        {"guid": broken_by("\x01")},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_no_text_can_lure_a_token_into_it(
    fields: dict[str, Any],
    get: Get,
    people: People,
    session: Session,
    storage: Storage,
    show: Show,
    now: datetime,
) -> None:
    # Past the checks of what is typed: an import, or a row from before they were made.
    past = {name: fields.pop(name) for name in ("guid", "link") if name in fields}
    episode = build_episode(session, storage, show, now, **fields)
    for name, value in past.items():
        setattr(episode, name, value)
    session.commit()
    body = body_of(get(people.paying.feed)).decode()
    assert body.count(people.paying.feed[3:]) == 1  # rel=self alone


def test_nor_can_a_show(get: Get, people: People, session: Session, show: Show) -> None:
    show.title = f"x{FEED_SENTINEL}"
    show.author = broken_by("\x01")
    show.description = broken_by("<code></code>")
    show.language = broken_by("\x01")
    show.categories = [[broken_by("\x01"), broken_by("\x01")]]
    show.persons = [{"name": "x", "href": broken_by("\x01", MEDIA_SENTINEL)}]
    session.commit()
    body = body_of(get(people.paying.feed)).decode()
    assert body.count(people.paying.feed[3:]) == 1
    assert people.paying.media[3:] not in body


def test_nor_can_a_notice_that_names_the_show(
    get: Get, people: People, session: Session, show: Show
) -> None:
    show.title = f"{broken_by(chr(1))} {MEDIA_SENTINEL}"
    show.author = FEED_SENTINEL
    session.commit()
    body = body_of(get(people.lapsed.feed)).decode()
    assert "has ended" in body
    assert body.count(people.lapsed.feed[3:]) == 1
    assert body.count(people.lapsed.media) == body.count(people.lapsed.media + "/renew")
