"""A webhook that comes while the database stays locked is not lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

from podcast_server.billing.inbox import list_events
from tests.podcast_server.billing.post import Post
from tests.podcast_server.locks import held_by_another


def test_its_sender_is_told_to_come_again_and_it_is_kept_then(
    post: Post, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    opened = post.shop.join(post.shop.plan().prices[0])
    post.account.control.pay_session(post.shop.ref(opened))
    delivery, headers = post.take()[0]
    event.listen(
        engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout=20")
    )

    def send() -> Any:
        return post.client.post("/webhooks/stripe", data=delivery.body, headers=headers)

    with held_by_another(engine):
        answer = send()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "database is locked" in caplog.text
    assert delivery.event_id not in caplog.text
    assert send().status_code == 200
    with post.shop.session() as session:
        assert [each.ref for each in list_events(session)] == [delivery.event_id]
