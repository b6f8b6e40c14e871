"""The numbers of this server in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from feeds.downloads.record import BufferStats
from podcast_server.billing.models import PaymentEvent
from podcast_server.database import reading
from podcast_server.job_runs import JobRun
from podcast_server.mail.models import OutgoingMail
from podcast_server.monitoring.tally import SECONDS, Counted
from podcast_server.services import Services

MAIL_STATES = ("queued", "sending", "kept", "failed")
EVENT_STATES = ("new", "needs_attention")


def metrics_text(
    services: Services, workers: Iterable[Counted], hits: BufferStats, now: datetime
) -> bytes:
    """Everything, in exposition format 0.0.4. A database that is away is itself a number."""
    registry = CollectorRegistry(auto_describe=False)
    found = [*_answers(list(workers)), *_hits(hits), *_from_database(services, now)]
    registry.register(_Ready(found))
    return generate_latest(registry)


class _Ready:
    """Hands prepared numbers to the library's writer."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def _answers(workers: list[Counted]) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "podcast_server_answers",
        "Answers by kind (feed is a poll of a podcast app) and status",
        labels=["kind", "status", "worker"],
    )
    seconds = HistogramMetricFamily(
        "podcast_server_answer_seconds",
        "Seconds until an answer began",
        labels=["kind", "worker"],
    )
    for worker in workers:
        for (kind, status), count in sorted(worker.answers.items()):
            answers.add_metric([kind, status, worker.worker], count)
        for kind, (classes, total) in sorted(worker.seconds.items()):
            bounds = [*map(str, SECONDS), "+Inf"]
            buckets = list(zip(bounds, accumulate(classes), strict=True))
            seconds.add_metric([kind, worker.worker], buckets, total)
    yield answers
    yield seconds


def _hits(hits: BufferStats) -> Iterator[Metric]:
    name = "podcast_server_hits"
    yield GaugeMetricFamily(f"{name}_waiting", "Hits of this worker not yet written", hits.waiting)
    yield CounterMetricFamily(f"{name}_written", "Hits this worker wrote", hits.written)
    yield CounterMetricFamily(f"{name}_dropped", "Hits this worker lost", hits.dropped)
    yield CounterMetricFamily(
        f"{name}_write_failures", "Batches that had to be tried again", hits.failures
    )


def _from_database(services: Services, now: datetime) -> Iterator[Metric]:
    up = GaugeMetricFamily("podcast_server_database_up", "Whether the database answers")
    try:
        with reading(services.engine) as session:
            found = [*_jobs(session, now), _mail(session), _events(session)]
    except SQLAlchemyError:
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    yield from found


def _jobs(session: Session, now: datetime) -> Iterator[Metric]:
    since = GaugeMetricFamily(
        "podcast_server_job_seconds_since_start", "Since a job last began", labels=["job"]
    )
    failures = GaugeMetricFamily(
        "podcast_server_job_failures", "Failures of a job in a row", labels=["job"]
    )
    for job in session.scalars(select(JobRun).order_by(JobRun.name)):
        failures.add_metric([job.name], job.failures)
        if job.started_at is not None:
            since.add_metric([job.name], (now - job.started_at).total_seconds())
    yield since
    yield failures


def _mail(session: Session) -> Metric:
    mails = GaugeMetricFamily("podcast_server_mails", "Mails by state", labels=["state"])
    rows = session.execute(
        select(OutgoingMail.state, func.count())
        .where(OutgoingMail.state.in_(MAIL_STATES))
        .group_by(OutgoingMail.state)
    )
    counted = {row[0]: row[1] for row in rows}
    for state in MAIL_STATES:
        mails.add_metric([state], counted.get(state, 0))
    return mails


def _events(session: Session) -> Metric:
    events = GaugeMetricFamily(
        "podcast_server_webhooks", "Payment webhooks by state", labels=["state"]
    )
    rows = session.execute(
        select(PaymentEvent.status, func.count())
        .where(PaymentEvent.status.in_(EVENT_STATES))
        .group_by(PaymentEvent.status)
    )
    counted = {row[0]: row[1] for row in rows}
    for state in EVENT_STATES:
        events.add_metric([state], counted.get(state, 0))
    return events
