"""People who join, pay, fail to pay, leave and come back while everybody polls.

They take the pages and Stripe's webhooks as people do. What each may hear is noted from the moment
at which Stripe knows until the database does; that may take no longer than `PROMISED`.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import httpx
from sqlalchemy import select

from benchmarks import crowd
from benchmarks.account import Account
from benchmarks.witness import CLOSED, OPEN, WARNED, Past, Right, Wrong
from feeds.access import entitlement_at, parse_windows
from feeds.models import Access, PrivateFeed
from feeds.private_feeds import feed_url, media_token
from podcast_server.accounts.models import Member
from podcast_server.database import reading
from podcast_server.services import Services, now_utc

PROMISED = 10.0  # seconds from what happens at Stripe to the feed (docs/stripe.md)
AT_ONCE = 12  # things that happen at the same time
MONTH_SECONDS = 31 * 86_400 + 7_200  # a renewal is charged an hour after the period ends


@dataclass(slots=True)
class Payer:
    """Somebody who pays, or will: nothing is known of their feed until they have joined."""

    email: str
    member_id: int = 0
    feed: str = ""
    media: str = ""
    customer: str = ""
    subscription: str = ""
    rights: Past[Right] = field(default_factory=Past)
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in a payer's life, and what their feed is afterwards."""

    due: float  # seconds from the start
    payer: Payer
    act: Callable[[Payer], None]
    after: Right


class Shop:
    """The way in and what happens afterwards; judges how soon it counts."""

    def __init__(
        self, services: Services, url: str, account: Account, plan: str, delay: float
    ) -> None:
        self._services, self.url, self._account, self._plan = services, url, account, plan
        self.delay = delay  # seconds after a commit until which the former may be seen
        self._disputes: dict[str, str] = {}
        with services.sessions() as session:
            self._show_id = crowd.the_show(session).id
        self.checkouts: list[float] = []  # seconds that our pages took, each checkout
        self.news: list[float] = []  # seconds from Stripe to what delivery reads
        self.wrong = Wrong()

    def join(self, payer: Payer) -> None:
        """Through the plan's page, the payment page and back, with a browser of their own."""
        page, took = f"/join/{self._plan}", 0.0
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as browser:

            def ask(method: str, path: str, **form: str) -> httpx.Response:
                nonlocal took
                began = time.monotonic()
                answer = browser.request(method, path, data=form or None)
                took += time.monotonic() - began
                return answer

            asked = ask("GET", page).text
            fields = dict(re.findall(r'name="(csrf_token|price)"[^>]*value="([^"]+)"', asked))
            sent = ask("POST", page, **fields, email=payer.email)
            session = sent.headers["Location"].rpartition("/")[2]
            paid = self._account.tell("pay_session", session=session, email=payer.email)
            payer.customer, payer.subscription = paid["customer"], paid["subscription"]
            back = ask("GET", f"/checkout/done?session={session}")
            if back.status_code == 303:
                shown = ask("GET", back.headers["Location"]).text
                self._enter(payer, re.findall(r'id="feed-address"[^>]*value="([^"]+)"', shown))
            elif not payer.feed or back.status_code != 200:  # who comes back gets a mail
                self.wrong.note(f"the way back from paying was answered {back.status_code}")
        self.checkouts.append(took)

    def _enter(self, payer: Payer, shown: list[str]) -> None:
        """The feed that the page shows is the payer's, and open from now on."""
        with reading(self._services.engine) as session:
            found = select(PrivateFeed).join(Member, Member.id == PrivateFeed.member_id)
            feed = session.scalars(found.where(Member.email == payer.email)).one()
            path = feed_url(self._services.tokens, "", feed)
            payer.media, payer.member_id = media_token(self._services.tokens, feed), feed.member_id
        if shown != [self.url + path]:
            self.wrong.note(f"after paying, {len(shown)} feeds were shown, or not the payer's")
        if not payer.rights.values:
            payer.rights.begin(OPEN, 0.0)
        payer.feed = path

    def happen(self, happening: Happening) -> None:
        """Do it, and wait until the database has heard of it."""
        payer, after = happening.payer, happening.after
        with payer.turn:
            try:
                if payer.feed:
                    payer.rights.begin(after, time.monotonic())
                happening.act(payer)
                self._await(payer, after)
            except Exception as problem:  # what went wrong is a fault of the run, not its end
                self.wrong.note(f"{happening.act.__name__}: {problem!r}")

    def _await(self, payer: Payer, after: Right) -> None:
        began = time.monotonic()
        while (found := self._right(payer)) != after:
            if time.monotonic() - began > PROMISED:
                self.wrong.note(f"{payer.email} is {found} and should be {after} for {PROMISED} s")
                break
            time.sleep(0.03)
        payer.rights.settle(time.monotonic() + self.delay)
        self.news.append(time.monotonic() - began)

    def _right(self, payer: Payer) -> Right:
        with reading(self._services.engine) as session:
            row = session.get_one(Access, (payer.member_id, self._show_id))
            windows = parse_windows(row.windows)
        now = entitlement_at(windows, now_utc().timestamp())
        if not now.is_member:
            return CLOSED
        return WARNED if now.notice else OPEN

    # what happens at Stripe

    def renew(self, payer: Payer) -> None:
        self._account.tell("pass_time", customer=payer.customer, seconds=MONTH_SECONDS)

    def fail(self, payer: Payer) -> None:
        self._account.tell("fail_card", customer=payer.customer)
        self.renew(payer)

    def mend(self, payer: Payer) -> None:
        self._account.tell("update_card", customer=payer.customer)
        self._account.tell("pass_time", customer=payer.customer, days=4)

    def give_up(self, payer: Payer) -> None:
        self._account.tell("pass_time", customer=payer.customer, days=30)

    def refund(self, payer: Payer) -> None:
        invoice = self._account.invoice_of(payer.subscription)
        self._account.tell("refund", charge=invoice)

    def cancel(self, payer: Payer) -> None:
        self._account.tell("cancel_subscription", subscription=payer.subscription)

    def dispute(self, payer: Payer) -> None:
        invoice = self._account.invoice_of(payer.subscription)
        made = self._account.tell("dispute", charge=invoice)
        self._disputes[payer.email] = made["id"]

    def win(self, payer: Payer) -> None:
        self._account.tell("close_dispute", dispute=self._disputes[payer.email], won=True)


def lives(
    shop: Shop, payers: list[Payer], newcomers: list[Payer], seconds: float, random: Random
) -> list[Happening]:
    """What happens to whom in so many seconds: every sixth payer's life is of one kind."""
    kinds: tuple[tuple[tuple[Callable[[Payer], None], Right], ...], ...] = (
        ((shop.renew, OPEN),),
        ((shop.fail, WARNED), (shop.mend, OPEN)),
        ((shop.fail, WARNED), (shop.give_up, CLOSED)),
        ((shop.refund, CLOSED),),
        ((shop.cancel, CLOSED), (shop.join, OPEN)),
        ((shop.dispute, CLOSED), (shop.win, OPEN)),
    )

    def made() -> Iterator[Happening]:
        for number, payer in enumerate(payers):
            life = kinds[number % len(kinds)]
            for place, (act, after) in enumerate(life):
                due = seconds * (random.uniform(0, 0.85) + place) / len(life)
                yield Happening(due, payer, act, after)
        for payer in newcomers:
            yield Happening(random.uniform(0, seconds * 0.85), payer, shop.join, OPEN)

    return sorted(made(), key=lambda happening: happening.due)


def live(shop: Shop, happenings: list[Happening]) -> None:
    """Let everything happen at its time; returns when all of it has."""
    start = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for happening in happenings:
            time.sleep(max(0.0, start + happening.due - time.monotonic()))
            pool.submit(shop.happen, happening)
