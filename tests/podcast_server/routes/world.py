"""A server in business: something of everything that an address can name."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.artwork import prepare_logo
from episodes.episodes import create_episode, episodes_of
from episodes.models import Audio, Episode, EpisodeVersion, Show, Tier, Transcript
from feeds.announcements import set_announcement
from feeds.downloads.models import DailyDownload
from feeds.models import PrivateFeed
from feeds.sharing.models import FeedDay, SharingCase
from feeds.tokens import FEED, MEDIA, REPORT
from podcast_server.accounts.hand_over import HAND_OVER_SECRET, make_hand_over
from podcast_server.accounts.mail_choices import SECRET, choose, unsubscribe_token
from podcast_server.accounts.members import ensure_member
from podcast_server.accounts.models import Member
from podcast_server.accounts.sessions import start_session
from podcast_server.accounts.sign_in import SIGN_IN_SECRET, Asking, ask_to_sign_in
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.invitations import invite_staff
from podcast_server.accounts.staff.models import Passkey, Staff
from podcast_server.accounts.staff.people import ensure_staff
from podcast_server.accounts.staff.roles import give_role
from podcast_server.accounts.staff.sessions import start_staff_session
from podcast_server.billing.models import (
    Checkout,
    Collection,
    Coupon,
    Donation,
    Payment,
    PaymentEvent,
    Price,
    Seat,
    SeatGroup,
    Subscription,
)
from podcast_server.billing.seats import take_seat
from podcast_server.demo.sample import LAPSED, OWNER, PAYING, SLUG, fill_with_samples
from podcast_server.job_runs import JobRun
from podcast_server.jobs.schedule import SCHEDULE, watch_sharing
from podcast_server.mail.letters import join_letter
from podcast_server.mail.outbox import put_letter
from podcast_server.services import Services, now_utc
from podcast_server.site.logo import use_logo
from tests.builders import build_audio, build_show
from tests.podcast_server.routes.arriving import arrivals, bring_over
from tests.podcast_server.routes.sold import ANOTHER, sell
from tests.podcast_server.routes.values import World
from tests.stripe_stand_in import StripeStandIn

BROWSER = "a browser that asked to be let in"


def furnish(services: Services, account: StripeStandIn) -> World:
    """Fill an empty installation."""
    world, now = World(), now_utc()
    fill_with_samples(services, now)
    with services.sessions.begin() as session:
        show = session.scalars(select(Show).where(Show.slug == SLUG)).one()
        _more_of_a_show(session, services, show, world, now)
        _hire(session, services.tokens.derive(SIGN_IN_SECRET), show, world, now)
    sell(services, account, world, now)
    with services.sessions.begin() as session:
        _jobs(session, now)
        show = session.scalars(select(Show).where(Show.slug == SLUG)).one()
        _members(session, services, show, world, now)
        _letters(session, show, world, now)
    arrivals(services, world, now)
    bring_over(services, world, now)
    watch_sharing(services, now)
    with services.sessions() as session:
        _name_rows(session, world)
    return world


def _picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#225577").save(out, "PNG")
    return out.getvalue()


def _more_of_a_show(
    session: Session, services: Services, show: Show, world: World, now: dt.datetime
) -> None:
    build_show(session, now, slug="second", title="Second")
    session.add(Tier(show_id=show.id, slug="gold", name="Gold"))
    episodes = episodes_of(session, show.id)
    rich = next(each for each in episodes if each.audience == "members" and each.audio_id)
    rich.preview_audio_id = build_audio(session, services.storage, show, b"preview" * 99).id
    version = EpisodeVersion(episode_id=rich.id, at=now, by=OWNER, fields={"title": "Earlier"})
    session.add(version)
    draft = create_episode(session, show, title="A draft", now=now)
    clip = session.get_one(Audio, rich.audio_id or 0)
    for kind in ("welcome", "ended"):
        set_announcement(session, show.id, kind, clip, now)
    for ago in range(1, 40):
        day = (now - dt.timedelta(days=ago)).date()
        common = {"app": "AntennaPod", "device": "phone", "country": "NO", "request_based": 1}
        session.add(DailyDownload(day=day, episode_key=rich.key, downloads=ago, **common))
    session.flush()
    logo = prepare_logo(_picture(300, 100))
    use_logo(session, logo, now)
    world.add("logo", logo.sha256[:32])
    world.add("slug", SLUG, "second")
    world.add("episode", rich.key, *(each.key for each in episodes if each is not rich), draft.key)
    world.add("version_id", version.id)


def _hire(session: Session, secret: bytes, show: Show, world: World, now: dt.datetime) -> None:
    """Owner, editor and analyst, each with a session; a second owner to let go."""
    people = {"owner": ensure_staff(session, OWNER, now=now, owner=True)}
    for role in ("editor", "analyst"):
        people[role] = ensure_staff(session, f"{role}@example.org", now=now)
        give_role(session, people[role].id, show.id, role)
    for name, person in people.items():
        token = start_staff_session(session, person.id, device="test", now=now)
        world.sessions[name] = {"studio": token}
    other = ensure_staff(session, "other@example.org", now=now, owner=True)
    start_staff_session(session, people["owner"].id, device="elsewhere", now=now)
    session.add(
        Passkey(staff_id=people["owner"].id, credential_id=b"a", public_key=b"b", created_at=now)
    )
    world.api_key = make_key(session, people["owner"], "script", may_write=True, now=now)
    _, token = invite_staff(
        session, "new@example.org", "editor", show_id=show.id, invited_by=other.id, now=now
    )
    world.add("staff_invitation", token)
    world.add("staff_id", people["editor"].id, other.id)
    _ask(session, secret, "editor@example.org", "staff", world, now)
    _ask(session, secret, PAYING, "member", world, now)


def _ask(
    session: Session, secret: bytes, email: str, purpose: Any, world: World, now: dt.datetime
) -> None:
    asking = Asking(email, BROWSER, "192.0.2.7", "en", purpose=purpose)
    world.add(f"{purpose}_link", ask_to_sign_in(session, asking, secret=secret, now=now).token)


def _members(
    session: Session, services: Services, show: Show, world: World, now: dt.datetime
) -> None:
    """Ada's feeds and everything that leads to them; a feed that many seem to share."""
    ada = session.scalars(select(Member).where(Member.email == PAYING)).one()
    token = start_session(session, ada.id, device="test", now=now)
    start_session(session, ada.id, device="elsewhere", now=now)
    world.sessions["member"] |= {"signed_in": token}
    feeds = session.scalars(
        select(PrivateFeed).where(PrivateFeed.member_id == ada.id).order_by(PrivateFeed.id)
    ).all()
    secret = services.tokens.derive(HAND_OVER_SECRET)
    for feed in feeds:
        mint = services.tokens.mint
        world.add("feed_token", mint(FEED, feed.key, feed.signing_key))
        world.add("media_token", mint(MEDIA, feed.key, feed.signing_key))
        world.add("report_token", mint(REPORT, feed.key, feed.signing_key))
        world.add("hand_over", make_hand_over(secret, feed.id, now + dt.timedelta(days=1)))
        world.add("feed_id", feed.id)
    world.add("unsubscribe", unsubscribe_token(services.tokens.derive(SECRET), ada.id, show.id))
    choose(session, ada.id, show.id, "each", now)
    ben = session.scalars(select(Member).where(Member.email == LAPSED)).one()
    eve = session.scalars(select(Member).where(Member.email == ANOTHER)).one()
    world.add("member_id", ada.id, ben.id, eve.id)
    for ago in range(20):
        day = (now - dt.timedelta(days=ago)).date()
        session.add(FeedDay(day=day, feed_id=feeds[0].id, apps=4, networks=9, copies=20))
    group = session.scalars(select(SeatGroup)).one()
    guest = ensure_member(session, "guest@example.org", now=now)
    take_seat(session, services.till.terms, group, guest.id, now)


def _jobs(session: Session, now: dt.datetime) -> None:
    """Every one of them ran, and failed."""
    session.add_all(
        JobRun(name=job.name, due_at=now, started_at=now, finished_at=now, failures=1, error="no")
        for job in SCHEDULE
    )


def _letters(session: Session, show: Show, world: World, now: dt.datetime) -> None:
    letter = join_letter("en", show.title, "https://podcast.test/sign-in/x", "123456")
    mail = put_letter(session, letter, PAYING, site_name="Harbour", now=now)
    world.add("mail_id", mail.id)


_ROWS: tuple[tuple[str, Any], ...] = (
    ("key_id", select(Staff.id)),
    ("passkey_id", select(Passkey.id)),
    ("session_id", select(Staff.id)),
    ("invitation_id", select(Staff.id)),
    ("collection", select(Collection.key)),
    ("subscription", select(Subscription.key)),
    ("payment_id", select(Payment.id)),
    ("price_id", select(Price.id)),
    ("group_id", select(SeatGroup.id)),
    ("invite_key", select(SeatGroup.invite_key)),
    ("seat_id", select(Seat.id)),
    ("donation_id", select(Donation.id)),
    ("event_id", select(PaymentEvent.id)),
    ("art", select(Show.artwork_key).where(Show.artwork_key.is_not(None))),
    ("coupon", select(Coupon.key)),
    ("case_id", select(SharingCase.id)),
    ("checkout", select(Checkout.ref).where(Checkout.ref != "", Checkout.email == PAYING)),
    ("tier_id", select(Tier.id)),
    ("transcript", select(Transcript.id)),
)


def _name_rows(session: Session, world: World) -> None:
    for name, query in _ROWS:
        world.add(name, *sorted(session.scalars(query)))
    world.values["art"] = [key.removeprefix("shows/") for key in world.values["art"]]
    heard = select(Episode).where(Episode.audio_id.is_not(None)).order_by(Episode.id)
    for episode in session.scalars(heard):
        assert episode.audio is not None
        name = f"{episode.key}.{episode.audio.extension}"
        world.add("media_name", name)
        is_out = episode.publish_at is not None and episode.publish_at <= now_utc()
        if is_out:
            world.add("member_episode", episode.key)
        if is_out and episode.audience == "free":
            world.add("public_name", name)
            world.add("open_episode", episode.key)
