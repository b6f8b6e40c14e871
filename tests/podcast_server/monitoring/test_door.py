"""Machines ask: alive, ready, how many; and every request has a name."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import Client, TestResponse

from episodes.storage.base import StorageUnavailable
from episodes.storage.memory import MemoryStorage
from feeds.downloads.record import BufferStats
from podcast_server.job_runs import JobRun
from podcast_server.monitoring.door import Monitor, monitored
from podcast_server.services import Services
from podcast_server.settings import MonitoringSettings
from tests.conftest import Clock

HITS = BufferStats(waiting=3, written=40, dropped=2, failures=1)


def page(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    logging.getLogger("page").warning("somebody looks")
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"page"]


def monitor_of(services: Services, clock: Clock) -> Monitor:
    return Monitor(services, lambda: HITS, lambda: clock.now)


def door(services: Services, clock: Clock, *, trust_ids: bool = False) -> Client:
    entry = monitored(page, monitor_of(services, clock), trust_ids=trust_ids)

    def from_this_machine(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return entry({"REMOTE_ADDR": "127.0.0.1"} | environ, start)

    return Client(from_this_machine)


def told(answer: TestResponse) -> Any:
    return answer.json


def note_job(services: Services, clock: Clock) -> None:
    with services.sessions.begin() as session:
        session.add(JobRun(name="send-mail", due_at=clock.now, started_at=clock.now, failures=4))


def test_health_only_says_that_the_process_answers(services: Services, clock: Clock) -> None:
    services.engine.dispose()
    answer = door(services, clock).get("/health", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.text) == (200, "alive\n")


def test_ready_with_database_storage_and_jobs_in_order(services: Services, clock: Clock) -> None:
    note_job(services, clock)
    answer = door(services, clock).get("/ready")
    assert answer.status_code == 200
    assert answer.json == {"ready": True, "database": "ok", "storage": "ok", "jobs": "ok"}


def test_still_ready_when_a_newer_version_has_migrated(services: Services, clock: Clock) -> None:
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    answer = door(services, clock).get("/ready")
    assert answer.status_code == 200
    assert told(answer)["database"] == "newer"


def test_not_ready_while_the_schema_is_older(services: Services, clock: Clock) -> None:
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '03c3ae5c057d'"))
    answer = door(services, clock).get("/ready")
    assert answer.status_code == 503
    assert told(answer)["database"] == "schema"


def test_not_ready_without_a_database(services: Services, clock: Clock) -> None:
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert door(services, clock).get("/ready").status_code == 503


class AwayStorage(MemoryStorage):
    def stat(self, key: str) -> Any:
        raise StorageUnavailable("https://secret-host.example refuses")


def test_not_ready_while_the_storage_is_away_and_strangers_learn_no_details(
    services: Services, clock: Clock
) -> None:
    answer = door(replace(services, storage=AwayStorage()), clock).get("/ready")
    assert answer.status_code == 503
    assert told(answer)["storage"] == "unreachable"
    assert "secret-host" not in answer.text


def test_late_jobs_are_told_but_listeners_are_not_sent_away(
    services: Services, clock: Clock
) -> None:
    note_job(services, clock)
    clock.advance(hours=1)
    answer = door(services, clock).get("/ready")
    assert (answer.status_code, told(answer)["jobs"]) == (200, "late")


def test_readiness_is_looked_up_once_for_many_who_ask(services: Services, clock: Clock) -> None:
    monitor = monitor_of(services, clock)
    first = monitor.readiness()
    assert all(monitor.readiness() is first for _ in range(50))


def test_metrics_count_answers_by_kind_and_status(services: Services, clock: Clock) -> None:
    client = door(services, clock)
    for path in ("/f/pfabc", "/f/pfabd", "/m/pmabc/x.mp3", "/shows/a/feed.xml", "/me"):
        client.get(path)
    said = client.get("/metrics").text
    assert 'answers_total{kind="feed",status="200"' in said
    assert [
        line.split()[-1] for line in said.splitlines() if 'answers_total{kind="feed"' in line
    ] == ["2.0"]
    for kind in ("audio", "public_feed", "page"):
        assert f'answers_total{{kind="{kind}",status="200"' in said
    assert "pfabc" not in said


def test_metrics_tell_of_hits_jobs_mails_and_webhooks(services: Services, clock: Clock) -> None:
    note_job(services, clock)
    clock.advance(seconds=30)
    said = door(services, clock).get("/metrics").text
    for line in (
        "podcast_server_hits_waiting 3.0",
        "podcast_server_hits_dropped_total 2.0",
        'podcast_server_job_failures{job="send-mail"} 4.0',
        'podcast_server_job_seconds_since_start{job="send-mail"} 30.0',
        'podcast_server_mails{state="queued"} 0.0',
        'podcast_server_webhooks{state="needs_attention"} 0.0',
        "podcast_server_database_up 1.0",
    ):
        assert line in said


def test_metrics_are_given_while_the_database_is_away(services: Services, clock: Clock) -> None:
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE job_runs"))
    said = door(services, clock).get("/metrics").text
    assert "podcast_server_database_up 0.0" in said
    assert "podcast_server_hits_waiting 3.0" in said


@pytest.mark.parametrize(
    "headers",
    [
        {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}},
        {"headers": {"X-Forwarded-For": "127.0.0.1"}},
        {"headers": {"Forwarded": "for=127.0.0.1"}},
        {"environ_base": {"REMOTE_ADDR": ""}},
    ],
)
def test_metrics_without_a_token_are_for_this_machine_alone(
    headers: dict[str, Any], services: Services, clock: Clock
) -> None:
    assert door(services, clock).get("/metrics", **headers).status_code == 404


def test_metrics_with_a_token_are_for_whoever_knows_it(services: Services, clock: Clock) -> None:
    section = MonitoringSettings(token="only-prometheus")  # type: ignore[arg-type]
    settings = services.settings.model_copy(update={"monitoring": section})
    client = door(replace(services, settings=settings), clock)
    assert client.get("/metrics").status_code == 404
    for wrong in ("Bearer only-prometheu", "Bearer ", "only-prometheus", "Bearer ö"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 404
    right = {"Authorization": "Bearer only-prometheus", "X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", headers=right).status_code == 200


def test_every_request_has_an_id_of_its_own(services: Services, clock: Clock) -> None:
    client = door(services, clock)
    ids = {
        client.get("/me", headers={"X-Request-ID": "chosen-by-a-stranger"}).headers["X-Request-ID"]
        for _ in range(20)
    }
    assert len(ids) == 20
    assert "chosen-by-a-stranger" not in ids


@pytest.mark.parametrize("bad", ["short", "a" * 65, "with space in it", "new\u00e9line-id"])
def test_our_front_may_name_requests_if_the_name_is_plain(
    bad: str, services: Services, clock: Clock
) -> None:
    client = door(services, clock, trust_ids=True)
    assert (
        client.get("/me", headers={"X-Request-ID": "front-12345678"}).headers["X-Request-ID"]
        == "front-12345678"
    )
    assert client.get("/me", headers={"X-Request-ID": bad}).headers["X-Request-ID"] != bad


def test_neighbouring_workers_are_counted_and_dead_ones_forgotten(
    services: Services, clock: Clock
) -> None:
    monitor = monitor_of(services, clock)
    monitor.tally.add("feed", 304, 0.001)
    monitor.folder.leave()
    folder = services.settings.data / "cache" / "counters"
    mine = next(folder.glob("*.json"))
    neighbour = json.loads(mine.read_text()) | {"worker": "1"}
    (folder / "1.json").write_text(json.dumps(neighbour))
    (folder / "99999999.json").write_text(json.dumps(neighbour))
    assert [each.worker for each in monitor.folder.all()] == [mine.stem, "1"]
    assert not (folder / "99999999.json").exists()
    monitor.folder.stop()
    assert not mine.exists()
