"""Everything is killed at its work while everything goes on; nothing acknowledged is lost.

CHAOS_KILLS says how often each is killed (1), CHAOS_SEED with which dice (each time others; they
are printed), CHAOS_FIGURES names a file for what was measured.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, or_, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from episodes.models import Episode
from feeds.downloads.models import DailyDownload, RawHit
from feeds.downloads.parcels import take_in_parcels
from feeds.downloads.rollup import count_again
from feeds.models import Access
from feeds.private_feeds import feed_url, media_token
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.backup.backup import list_backups
from podcast_server.backup.objects import OBJECTS
from podcast_server.backup.places import open_place
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
SEED = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(10**6))
COMMANDS = {"backup": 2.0, "import": 2.5}  # seconds that each takes, about
PATIENCE = 120  # seconds
MAY_BE_LOST = 5.0  # seconds of downloads before a web process dies; written each second or so


@dataclass
class Scene:
    """The site, and whom to kill."""

    site: Site
    victims: dict[str, Victim]


@dataclass(frozen=True)
class Death:
    """Who, when (monotonic seconds), after how many seconds an app got its feed again, and what
    it was at."""

    name: str
    at: float
    back_after: float
    work: str = ""


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
                storage__prefix="files",
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
            rollup = Program(place, module="tests.chaos.counting")
            with killed_afterwards(web, worker, rollup):
                web.start()
                worker.start()
                rollup.start()
                victims: dict[str, Victim] = {"web": web, "worker": worker, "rollup": rollup}
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
        backup_places=(str(place.folder / "backups"), f"s3://{SHARED_BUCKET}/backups"),
    )


@pytest.mark.timeout(780 + KILLS * 120)
def test_what_was_acknowledged_is_there_and_nothing_is_broken(scene: Scene, tmp_path: Path) -> None:
    told, dice, deaths = Told(), random.Random(SEED), list[Death]()
    print(f"CHAOS_SEED={SEED}")
    with scene.site.place.services() as services:
        with going_on(scene.site, told):
            names = [*scene.victims, *COMMANDS] * KILLS
            dice.shuffle(names)
            for name in names:
                time.sleep(dice.uniform(0.2, 1.0))
                deaths.append(kill_at_work(scene, services, name, dice, told))
            wait_for_everything(told)
        settle(services)
        lost = check(services, scene.site, told)
    note_figures(told, deaths, lost)
    assert told.wrong == []
    check_backups(scene, tmp_path)
    for when in lost:
        assert any(death.name == "web" and 0 < death.at - when < MAY_BE_LOST for death in deaths)
    for name in ("web", "worker", "rollup"):
        program = scene.victims[name]
        assert isinstance(program, Program)
        assert program.is_alive, f"the {name} process did not outlive the others"


def kill_at_work(
    scene: Scene, services: Services, name: str, dice: random.Random, told: Told
) -> Death:
    """Kill one in the middle of what it does."""
    if name in COMMANDS:
        return cut_off(scene.site, name, dice)
    victim = scene.victims[name]
    work = ""
    if name == "worker":
        work = meet_at_a_job(services, victim, dice)
    return die(victim, name, dice.uniform(0, 0.6), told, work)


def cut_off(site: Site, word: str, dice: random.Random) -> Death:
    """Kill a command that somebody gave, at any moment of it; it is given again by itself."""
    for _try in range(10):
        if site.commands.kill_one(word, dice.uniform(0.1, COMMANDS[word])):
            return Death(word, time.monotonic(), 0.0)
    raise AssertionError(f"{word} is always done before it is killed")


def meet_at_a_job(services: Services, worker: Victim, dice: random.Random) -> str:
    """Have the worker do all its jobs, and kill it in the middle of one; gives which."""
    for _try in range(20):
        worker.kill()
        since = now_utc()
        all_jobs_are_due(services)
        worker.start()  # it looks at once, then at each full minute
        wait_until_at_work(services, since)
        time.sleep(dice.choice((0, 0.005, 0.02, 0.05)))
        worker.kill()
        at_work = jobs_begun(services, since)
        if at_work:
            return ", ".join(at_work)
    raise AssertionError("the worker is always done before it is killed")


def wait_until_at_work(services: Services, since: datetime) -> None:
    deadline = time.monotonic() + PATIENCE
    while not jobs_begun(services, since):
        assert time.monotonic() < deadline, "the worker begins no job"


def jobs_begun(services: Services, since: datetime) -> list[str]:
    """The jobs that were begun after a moment and did not come to an end."""
    not_over = or_(JobRun.finished_at.is_(None), JobRun.finished_at < JobRun.started_at)
    with services.sessions() as session:
        return list(
            session.scalars(select(JobRun.name).where(JobRun.started_at >= since, not_over))
        )


def die(victim: Victim, name: str, absence: float, told: Told, work: str) -> Death:
    """Kill one, leave it dead for some seconds, and start it again."""
    victim.kill()
    died = time.monotonic()
    time.sleep(absence)
    victim.start()
    wait_for(told, time.monotonic())
    return Death(name, died, told.latest - died, work)


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
        assert time.monotonic() < deadline, (
            f"not everything goes on: {before}, {done()}, {told.why}"
        )
        time.sleep(0.05)


def settle(services: Services) -> None:
    """What the jobs do in the next minutes, at once; what a crash held is free by then."""
    now = now_utc()
    later = now + timedelta(minutes=11)
    examine_waiting_uploads(services, later)
    work_off_payments(services, later)
    reconcile_payments(services, now)
    take_in_parcels(services.sessions, services.classify)
    count_downloads(services, now)


def note_figures(told: Told, deaths: list[Death], lost: list[float]) -> None:
    """Write down what happened, where that is wanted."""
    if path := os.environ.get("CHAOS_FIGURES"):
        figures = {
            "seed": SEED,
            "deaths": [[each.name, round(each.back_after, 2), each.work] for each in deaths],
            "uploads": len(told.uploads),
            "paid": len(told.paid),
            "downloads": len(told.downloads),
            "downloads lost": len(lost),
            "imports": told.imports,
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
    """The newest backup in either place is restored, and whole; what was cut off nobody takes."""
    site, whole, halves = scene.site, list[str](), list[str]()
    with site.place.services() as services:
        for address in site.backup_places:
            place = open_place(services.settings, address)
            finished = list_backups(place)
            whole.append(f"{address}/{finished[-1]}")
            begun = set(place.folders()) - {*finished, OBJECTS}
            halves += [f"{address}/{name}" for name in sorted(begun)]
    for number, backup in enumerate(whole):
        new = fresh_place(site.place, folder, f"restored{number}")
        new.run("restore", backup, "--yes")
        with new.services() as services, services.sessions() as session:
            assert list(broken_rules(World(session, services.storage, now_utc()))) == []
            assert session.scalar(select(func.count()).select_from(Episode))
    for number, half in enumerate(halves[:2]):
        refused = fresh_place(site.place, folder, f"half{number}").run(
            "restore", half, "--yes", check=False
        )
        assert refused.returncode, half
        assert "no finished backup" in refused.stdout + refused.stderr


def fresh_place(old: Installation, folder: Path, name: str) -> Installation:
    """An empty installation with a database of its own, and files in a folder."""
    url = old.extra["PODCAST_SERVER_DATABASE__URL"]
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    keys = Path("data") / "signing-keys.json"
    (folder / name / "data").mkdir(parents=True)
    shutil.copy(old.folder / keys, folder / name / keys)
    reached = {
        key.replace("STORAGE__", "BACKUP__"): value
        for key, value in old.extra.items()
        if key.rpartition("STORAGE__")[2] in {"ENDPOINT", "ACCESS_KEY", "SECRET_KEY"}
    }
    address = url.replace("/postgres?", f"/{name}?")
    settings = {"PODCAST_SERVER_DATABASE__URL": address, **reached}
    return Installation(folder / name, old.port, settings)


def missing_downloads(session: Session, told: Told) -> list[float]:
    """When there were downloads that have no line; none has two."""
    deadline = time.monotonic() + PATIENCE  # they are written a second later
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
        take_in_parcels(services.sessions, services.classify)
        count_downloads(services, now_utc())
        with services.sessions() as session:
            return session.scalar(select(func.sum(DailyDownload.downloads))) or 0

    before = total()
    with services.sessions.begin() as session:
        count_again(session, now_utc().date())
    assert total() == before
