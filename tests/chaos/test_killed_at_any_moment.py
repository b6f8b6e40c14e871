"""Web, worker, database and storage die while everything goes on; nothing acknowledged is lost.

CHAOS_KILLS says how often each is killed (1), CHAOS_FIGURES names a file for what was measured.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from episodes.models import Episode
from feeds.downloads.models import DailyDownload, RawHit
from feeds.downloads.rollup import count_again
from feeds.models import Access
from feeds.private_feeds import feed_url, media_token
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.billing.models import Plan
from podcast_server.invariants import World, broken_rules
from podcast_server.job_runs import JobRun
from podcast_server.jobs.schedule import count_downloads, reconcile_payments, work_off_payments
from podcast_server.jobs.uploads import examine_waiting_uploads
from podcast_server.services import Services, now_utc
from tests import postgresql
from tests.builders import build_episode, build_feed, build_member, build_show, give_membership
from tests.chaos.moments import SOUND, Site, Told, going_on
from tests.chaos.victims import S3, PostgreSQL, Program, Victim, killed_afterwards
from tests.foreign_host import foreign_host
from tests.running import Installation, installation
from tests.samples.audio import record
from tests.samples.feeds.hosts import buzzsprout
from tests.seaweedfs import SHARED_BUCKET
from tests.stripe_stand_in import KEY, StripeStandIn

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(postgresql.binaries() is None, reason="PostgreSQL is not installed"),
]
KILLS = int(os.environ.get("CHAOS_KILLS", "1"))
PATIENCE = 60  # seconds
MAY_BE_LOST = 5.0  # seconds of downloads before a web process dies; written each second or so


@dataclass
class Scene:
    """The site, and whom to kill."""

    site: Site
    victims: dict[str, Victim]


@dataclass(frozen=True)
class Death:
    """Who, when (monotonic seconds), and after how many seconds an app got its feed again."""

    name: str
    at: float
    back_after: float


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("chaos")
    database, storage = PostgreSQL(), S3(folder / "s3")
    try:
        with killed_afterwards(storage), StripeStandIn() as account, foreign_host() as host:
            database.start()
            storage.start()
            settings = storage.server.settings(SHARED_BUCKET)
            place = installation(
                folder,
                database__url=database.url,
                storage__backend="s3",
                storage__bucket=settings.bucket,
                storage__endpoint=settings.endpoint,
                storage__access_key=settings.access_key,
                storage__secret_key=settings.secret_key,
                stripe__secret_key=KEY,
                stripe__api_base=account.url,
                imports__allow_loopback="true",
                limits__address_per_minute="100000",
                limits__feed_per_minute="100000",
            )
            secret = account.send_webhooks_to(f"{place.url}/webhooks/stripe")
            place.extra["PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS"] = secret
            sample = buzzsprout(host.url)
            sound = record(folder / "sound.mp3", seconds=20).read_bytes()
            for path in sample.audio:
                host.put(path, sound, "audio/mpeg")
            for path, (mime, text) in sample.others.items():
                host.put(path, text, mime)
            foreign = host.put("/feed.xml", sample.xml, sample.mime)
            site = furnish(place, account, foreign)
            web, worker = Program(place, "serve", "--no-jobs"), Program(place, "worker")
            with killed_afterwards(web, worker):
                web.start()
                worker.start()
                victims: dict[str, Victim] = {"web": web, "worker": worker}
                yield Scene(site, victims | {"database": database, "storage": storage})
    finally:
        database.remove()


def furnish(place: Installation, account: StripeStandIn, foreign_feed: str) -> Site:
    """A show with an episode that stays and one that comes and goes, a plan, and a member."""
    now = now_utc()
    with place.services() as services, services.sessions.begin() as session:
        show = build_show(session, now, title="Harbour", slug="harbour")
        stays, goes = (
            build_episode(session, services.storage, show, now, data=SOUND).key for _ in "ab"
        )
        member = build_member(session, now, "ada@example.org")
        give_membership(session, member, show, now)
        feed = build_feed(session, member, show, now, key=services.tokens.newest)
        key = make_key(
            session,
            ensure_staff(session, "marit@example.org", now=now, owner=True),
            "chaos",
            may_write=True,
            now=now,
        )
        addresses = feed_url(services.tokens, "", feed), media_token(services.tokens, feed)
    words = ("--opens", "harbour", "--price", "5 eur month")
    place.run("payments", "plans", "create", "Silver", *words)
    with place.services() as services, services.sessions() as session:
        plan = session.scalars(select(Plan.key)).one()
    return Site(
        place=place,
        account=account,
        api_key=key,
        plan=plan,
        published=goes,
        feed=place.url + addresses[0],
        audio=f"{place.url}/m/{addresses[1]}/{stays}.mp3",
        foreign_feed=foreign_feed,
    )


@pytest.mark.timeout(180 + KILLS * 60)
def test_what_was_acknowledged_is_there_and_nothing_is_broken(scene: Scene, tmp_path: Path) -> None:
    told, dice, deaths = Told(), random.Random(KILLS), list[Death]()
    with scene.site.place.services() as services:
        with going_on(scene.site, told, services):
            for name in list(scene.victims) * KILLS:
                time.sleep(dice.uniform(0.3, 1.8))
                if name == "worker":  # so that death meets it at work
                    all_jobs_are_due(services)
                deaths.append(die(scene.victims[name], name, dice.uniform(0, 0.6), told))
            wait_for_everything(told)
        settle(services)
        lost = check(services, scene.site, told)
    note_figures(told, deaths, lost)
    assert told.wrong == []
    check_backups(scene, tmp_path)
    for when in lost:
        assert any(death.name == "web" and 0 < death.at - when < MAY_BE_LOST for death in deaths)
    for name in ("web", "worker"):
        program = scene.victims[name]
        assert isinstance(program, Program)
        assert program.is_alive, f"the {name} process did not outlive the others"


def die(victim: Victim, name: str, absence: float, told: Told) -> Death:
    """Kill one, leave it dead for some seconds, and start it again."""
    victim.kill()
    died = time.monotonic()
    time.sleep(absence)
    victim.start()
    wait_for(told, time.monotonic())
    return Death(name, died, told.latest - died)


def all_jobs_are_due(services: Services) -> None:
    with services.sessions.begin() as session:
        session.execute(update(JobRun).values(due_at=now_utc()))


def wait_for(told: Told, since: float) -> None:
    """Return once a feed was answered well after a moment."""
    deadline = time.monotonic() + PATIENCE
    while told.latest < since:
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.02)


def wait_for_everything(told: Told) -> None:
    """Return once each kind of thing was done again after the last death."""

    def done() -> tuple[int, ...]:
        return (len(told.uploads), len(told.paid), len(told.downloads), len(told.backups))

    before, deadline = done(), time.monotonic() + PATIENCE
    while any(now <= then for now, then in zip(done(), before, strict=True)):
        assert time.monotonic() < deadline, f"not everything goes on: {before}, {done()}"
        time.sleep(0.05)


def settle(services: Services) -> None:
    """What the jobs do in the next minutes, at once; what a crash held is free by then."""
    now = now_utc()
    later = now + timedelta(minutes=11)
    examine_waiting_uploads(services, later)
    work_off_payments(services, later)
    reconcile_payments(services, now)
    count_downloads(services, now)


def note_figures(told: Told, deaths: list[Death], lost: list[float]) -> None:
    """Write down what happened, where that is wanted."""
    if path := os.environ.get("CHAOS_FIGURES"):
        figures = {
            "deaths": [[death.name, round(death.back_after, 2)] for death in deaths],
            "uploads": len(told.uploads),
            "paid": len(told.paid),
            "downloads": len(told.downloads),
            "downloads lost": len(lost),
            "imports": told.imports,
            "counts": told.counts,
            "backups": len(told.backups),
            "failed": told.failed,
        }
        with Path(path).open("a") as file:
            file.write(json.dumps(figures) + "\n")


def check(services: Services, site: Site, told: Told) -> list[float]:
    """Everything that was acknowledged is here, once; gives when downloads were that are not."""
    with services.sessions() as session:
        assert list(broken_rules(World(session, services.storage, now_utc()))) == []
        with_audio = set(session.scalars(select(Episode.key).where(Episode.audio_id.is_not(None))))
        assert set(told.uploads) <= with_audio
        with_access = set(
            session.scalars(select(Member.email).join(Access, Access.member_id == Member.id))
        )
        assert set(told.paid) <= with_access
        lost = missing_downloads(session, told)
    state = site.ask("GET", f"/episodes/{site.published}")["status"]
    assert state in told.published
    check_counts(services)
    with services.sessions() as session:
        guids = list(session.scalars(select(Episode.guid)))
    assert len(guids) == len(set(guids))
    assert {"Buzzsprout-14600003", "Buzzsprout-14600001"} <= set(guids) or not told.imports
    return lost


def check_backups(scene: Scene, folder: Path) -> None:
    """The first and the last backup that were made meanwhile are restored, and whole."""
    place = scene.site.place
    made = sorted(path.parent for path in (place.folder / "backups").glob("*/manifest.json"))
    url = place.extra["PODCAST_SERVER_DATABASE__URL"]
    for number, backup in enumerate(dict.fromkeys([made[0], made[-1]])):
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE restored{number}"))
        (folder / str(number) / "data").mkdir(parents=True)
        keys = Path("data") / "signing-keys.json"
        shutil.copy(place.folder / keys, folder / str(number) / keys)
        address = url.replace("/postgres?", f"/restored{number}?")
        new = Installation(
            folder / str(number), place.port, {"PODCAST_SERVER_DATABASE__URL": address}
        )
        new.run("restore", backup, "--yes")
        with new.services() as services, services.sessions() as session:
            assert list(broken_rules(World(session, services.storage, now_utc()))) == []
            assert session.scalar(select(func.count()).select_from(Episode))


def missing_downloads(session: Session, told: Told) -> list[float]:
    """When there were downloads that have no line; none has two."""
    deadline = time.monotonic() + 20  # they are written a second later
    while True:
        agents = list(session.scalars(select(RawHit.user_agent)))
        lost = set(told.downloads) - set(agents)
        if not lost or time.monotonic() > deadline:
            break
        session.rollback()
        time.sleep(0.1)
    assert len(agents) == len(set(agents))
    return [told.downloads[agent] for agent in lost]


def check_counts(services: Services) -> None:
    """What was counted bit by bit is what a count from the beginning gives."""

    def total() -> int:
        count_downloads(services, now_utc())
        with services.sessions() as session:
            return session.scalar(select(func.sum(DailyDownload.downloads))) or 0

    before = total()
    with services.sessions.begin() as session:
        count_again(session, now_utc().date())
    assert total() == before
