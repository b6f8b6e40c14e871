"""An embedded installation moves to PostgreSQL and S3 while apps poll and download, people join and
pay, and the podcaster publishes and edits."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from episodes.models import Episode
from episodes.shows import find_show
from feeds.downloads.models import RawHit
from feeds.downloads.parcels import take_in_parcels
from feeds.models import Access
from feeds.private_feeds import feed_url
from podcast_server.accounts.models import Member
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.billing.models import PaymentEvent, Plan
from podcast_server.jobs.schedule import work_off_payments
from podcast_server.services import now_utc
from tests import postgresql
from tests.builders import build_episode, build_feed, build_member, build_show, give_membership
from tests.chaos.moments import Site, Told, checkout, upload
from tests.installed import Filled, fill
from tests.running import PATIENCE, Got, Installation, fetch
from tests.stripe_stand_in import KEY, StripeStandIn

pytest_plugins = ["tests.s3_server"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PAUSE = 0.2  # seconds between two of a kind
WORK_PAUSE = 0.5  # where it is work for the server
SHOP = "harbour"  # where people pay; its feed stays as it is
DESK = "quay"  # where the podcaster is at work


@dataclass
class Load:
    """What goes on meanwhile, and what must be found afterwards."""

    feed: str
    audio: str
    bodies: set[bytes] = field(default_factory=set)
    downloads: int = 0
    broken: int = 0
    joined: list[str] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def poll(self) -> None:
        """One look of an app at its feed."""
        got = self._ask(self.feed)
        if got is not None and got.status == 200:
            self.bodies.add(got.body)
        elif got is not None:
            self.wrong.append(got.status)

    def download(self) -> None:
        """One download, from here or from the bucket."""
        got = self._ask(self.audio)
        if got is not None and got.status in {200, 302}:
            self.downloads += 1
        elif got is not None:
            self.wrong.append(got.status)

    def join(self, place: Installation) -> None:
        """Somebody becomes a member."""
        email = f"joined{len(self.joined)}@example.org"
        with place.services() as services, services.sessions.begin() as session:
            show = find_show(session, SHOP)
            give_membership(session, build_member(session, now_utc(), email), show, now_utc())
        self.joined.append(email)

    def _ask(self, url: str) -> Got | None:
        try:
            return fetch(url)
        except (OSError, http.client.HTTPException):
            self.broken += 1
            return None


@dataclass
class Work:
    """What the podcaster and those who pay were told was done."""

    site: Site
    told: Told = field(default_factory=Told)
    edited: int = 0  # the last edit that was acknowledged
    tried: int = 0  # the last one that was sent
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def pay(self) -> None:
        checkout(self.site, self.told, next(self.numbers))

    def publish(self) -> None:
        """A new episode, from the file to the feed."""
        upload(self.site, self.told, next(self.numbers))
        key = self.told.uploads[-1]
        while self.site.ask("GET", f"/episodes/{key}")["audio"] is None:
            time.sleep(0.1)
        self.site.ask("POST", f"/episodes/{key}/publish")
        self.told.published.add(key)

    def edit(self) -> None:
        self.tried += 1
        number = self.tried
        self.site.ask("PATCH", f"/episodes/{self.site.published}", notes=f"Edit {number}.")
        self.edited = number


@contextlib.contextmanager
def going_on(load: Load, work: Work, place: Installation) -> Iterator[None]:
    """All of it over and over, each on a thread of its own, while the block runs."""
    stop = threading.Event()

    def repeat(step: Callable[[], None], pause: float) -> None:
        while not stop.wait(pause):
            try:
                step()
            except (OSError, http.client.HTTPException):
                work.told.failed[step.__name__] += 1

    quick = [load.poll, load.download, lambda: load.join(place)]
    steps = [(step, PAUSE) for step in quick]
    steps += [(step, WORK_PAUSE) for step in (work.pay, work.publish, work.edit)]
    threads = [threading.Thread(target=repeat, args=each) for each in steps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def write_storage(path: Path, settings: Any) -> dict[str, str]:
    """A configuration file for the bucket; the same as settings of the environment."""
    names = ("backend", "bucket", "endpoint", "prefix", "access_key", "secret_key")
    values = {name: str(getattr(settings, name)) for name in names}
    lines = [f'{name} = "{value}"' for name, value in values.items()]
    path.write_text("\n".join(["[storage]", *lines]) + "\n")
    return {f"PODCAST_SERVER_STORAGE__{name.upper()}": value for name, value in values.items()}


def in_business(filled: Filled, place: Installation, account: StripeStandIn) -> tuple[Site, str]:
    """A plan to pay for, a second show to work on, and the private feed of that show."""
    secret = account.send_webhooks_to(f"{place.url}/webhooks/stripe")
    account.control.webhooks(attempts=200, pause=0.5)  # until somebody is there again
    place.extra |= {
        "PODCAST_SERVER_STRIPE__SECRET_KEY": KEY,
        "PODCAST_SERVER_STRIPE__API_BASE": account.url,
        "PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS": secret,
        "PODCAST_SERVER_LIMITS__ADDRESS_PER_MINUTE": "100000",
    }
    place.run("payments", "plans", "create", "Silver", "--opens", SHOP, "--price", "5 eur month")
    now = now_utc()
    with place.services() as services, services.sessions.begin() as session:
        show = build_show(session, now, title="Quay", slug=DESK)
        edited = build_episode(session, services.storage, show, now).key
        member = build_member(session, now, "ada@example.org")
        give_membership(session, member, show, now)
        feed = build_feed(session, member, show, now, key=services.tokens.newest)
        owner = ensure_staff(session, "marit@example.org", now=now, owner=True)
        site = Site(
            place=place,
            account=account,
            api_key=make_key(session, owner, "night", may_write=True, now=now),
            plan=session.scalars(select(Plan.key)).one(),
            published=edited,
            feed=place.url + filled.feed,
            audio=place.url + filled.audio[0],
            show=DESK,
        )
        return site, place.url + feed_url(services.tokens, "", feed)


def test_nothing_is_lost_and_feeds_stay_the_same_to_the_byte(
    tmp_path: Path, postgresql_url: str, s3_settings: Any
) -> None:
    filled = fill(tmp_path / "filled")
    place = filled.copy(tmp_path, limits__feed_per_minute="100000")
    with StripeStandIn() as account:
        site, working_feed = in_business(filled, place, account)
        storage = write_storage(tmp_path / "new.toml", s3_settings)
        address = postgresql.Databases(postgresql_url).create()
        (tmp_path / "url.txt").write_text(address)
        moves = (("storage", tmp_path / "new.toml"), ("database", f"@{tmp_path / 'url.txt'}"))
        new = {"PODCAST_SERVER_DATABASE__URL": address}
        moved = Installation(tmp_path, place.port, place.extra | storage | new)

        work = Work(site)
        with place.serving():
            first = fetch(site.feed)
            load = Load(site.feed, site.audio)
            with going_on(load, work, place):
                for what, target in moves:
                    place.run("move", what, target)
            left = fetch(working_feed).body
        for what, target in moves:
            place.run("move", what, target)
        before = (load.downloads, len(work.told.paid), len(work.told.uploads), work.edited)
        with moved.serving():
            assert fetch(working_feed).body == left
            with going_on(load, work, moved):
                found = moved.json("doctor", "--deep")
            account.control.wait_for_webhooks(PATIENCE)
        check(moved, load, work)
    after = (load.downloads, len(work.told.paid), len(work.told.uploads), work.edited)
    assert all(0 < then < now for then, now in zip(before, after, strict=True)), (before, after)
    assert load.wrong == []
    assert load.bodies == {first.body}
    failed = {each["check"] for each in found if each["level"] == "failed"}
    assert failed <= {"public address"}


def check(moved: Installation, load: Load, work: Work) -> None:
    """Everything that was acknowledged is here."""
    with moved.services() as services:
        take_in_parcels(services.sessions)
        for minutes in range(11, 31):  # some hundreds at a time
            work_off_payments(services, now_utc() + timedelta(minutes=minutes))
        with services.sessions() as session:
            hits = session.scalar(select(func.count(RawHit.id))) or 0
            members = set(session.scalars(select(Member.email)))
            rights = select(Member.email).join(Access, Access.member_id == Member.id)
            with_access = set(session.scalars(rights))
            out = select(Episode.key).where(Episode.publish_at.is_not(None))
            published = set(session.scalars(out))
            query = select(Episode.notes).where(Episode.key == work.site.published)
            notes = session.scalars(query).one()
            undone = PaymentEvent.status.in_(("new", "needs_attention"))
            waiting = select(PaymentEvent.ref).where(undone)
            assert list(session.scalars(waiting)) == []
    assert load.downloads <= hits <= load.downloads + load.broken
    assert members >= {"ada@example.org", *load.joined}
    assert members - {"ada@example.org", *load.joined} <= set(work.told.paid)
    assert set(work.told.paid) <= with_access
    assert work.told.published - {"published"} <= published
    number = int(notes.removeprefix("Edit ").removesuffix("."))
    assert work.edited <= number <= work.tried
