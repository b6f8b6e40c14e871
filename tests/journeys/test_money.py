"""Money from end to end: a real browser, the real server, and the stand-in for Stripe."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import feedparser
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import fill_first, newest_mail, visiting
from tests.clients.apps import Newsboat
from tests.journeys.conftest import Machines
from tests.journeys.test_main_job import listen
from tests.many_hosts.patience import refreshing
from tests.running import Installation, eventually, fetch
from tests.stripe_stand_in import KEY, StripeStandIn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
AUDIO = Path(__file__).parent.parent.parent / "podcast_server" / "demo" / "audio"
_numbers = itertools.count(1)


@dataclass
class Shop:
    """A server that sells one show in two tiers, and the Stripe account behind it."""

    site: Installation
    account: StripeStandIn
    page: Page
    email: str

    def goto(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def join_path(self, plan: str) -> str:
        """The page of a plan, found as a visitor finds it."""
        self.goto("/shows/harbour")
        offer = self.page.locator(".offer", has=self.page.get_by_role("heading", name=plan))
        return offer.get_by_role("link").first.get_attribute("href") or ""

    def fill_and_go(self, path: str, **fields: str) -> None:
        """Fill a form in; the browser is then on Stripe's page."""
        self.goto(path)
        if self.page.locator("[name=email]").count():
            self.page.locator("[name=email]").fill(self.email)
        for name, value in fields.items():
            field = self.page.locator(f"[name={name}]")
            if field.first.get_attribute("type") == "radio":
                self.page.locator(f"[name={name}][value='{value}']").check()
            elif field.first.get_attribute("type") == "checkbox":
                field.check()
            else:
                field.fill(value)
        self.page.locator("main form button[type=submit]").last.click()
        self.page.wait_for_url(f"{self.account.url}/c/pay/**")

    def pay(self, card: str = "4242424242424242") -> None:
        """Pay on Stripe's page and come back."""
        if self.page.locator("#card").count():
            self.page.locator("#card").fill(card)
        self.page.locator("#pay").click()
        self.page.wait_for_url(f"{self.site.url}/**")

    def join(self, plan: str = "Silver", card: str = "4242424242424242") -> str:
        """Join and pay; returns the address of the private feed."""
        self.fill_and_go(self.join_path(plan))
        self.pay(card)
        self.page.wait_for_url("**/hand-over/**")
        return self.page.locator("#feed-address").input_value()

    def sign_in(self, next_path: str = "/me/billing") -> None:
        self.goto(f"/sign-in?next={next_path}")
        fill_first(self.page.locator("[name=email]"), self.email)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url("**/sign-in/check")
        self.follow_mail(f"**{next_path}")

    def follow_mail(self, until: str) -> None:
        """Open the link of the newest sign-in mail and confirm."""
        link, _code = sign_in_mail(self.site)
        self.page.goto(link)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url(until)

    def subscription(self) -> str:
        return str(self.account.world.store.all("subscription")[-1]["id"])

    def payment(self) -> str:
        return str(self.account.world.store.all("charge")[-1]["id"])


def sign_in_mail(site: Installation) -> tuple[str, str]:
    """The newest mail that signs in, while letters about money may come in between."""
    for mail in site.json("mail", "list"):
        if mail["subject"].startswith(("Your way in", "Confirm your address")):
            text = site.run("mail", "show", str(mail["id"])).stdout
            link = re.search(r"http://\S+", text)
            assert link
            return link[0], ""
    return newest_mail(site)


def titles(feed: str) -> list[str]:
    return [entry.title for entry in feedparser.parse(fetch(feed).body).entries]


@pytest.fixture(scope="module")
def place(
    machines: Machines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, StripeStandIn]]:
    """One site and one account for all; everybody who comes has an address of their own."""
    with StripeStandIn(address=machines.address) as account:
        folder = tmp_path_factory.mktemp("site")
        site = machines.installation(folder, stripe__secret_key=KEY, stripe__api_base=account.url)
        secret = account.send_webhooks_to(f"{site.url}/webhooks/stripe")
        site.extra["PODCAST_SERVER_STRIPE__WEBHOOK_SECRETS"] = secret
        stock(site)
        with site.serving():
            yield site, account


@pytest.fixture
def shop(place: tuple[Installation, StripeStandIn], browser: Browser) -> Iterator[Shop]:
    with visiting(browser) as page:
        yield Shop(*place, page, f"ada{next(_numbers)}@example.org")


def stock(site: Installation) -> None:
    """A free episode, one for all members, one for the gold tier."""
    free, members, gold = sorted(AUDIO.glob("s01e*.m[p4][3a]"))[:3]
    site.run("show", "create", "Harbour")
    for name, price, opens in (
        ("Silver", "5 eur month", "harbour"),
        ("Gold", "15 eur month", "harbour:Gold"),
        ("Trial", "9 eur month", "harbour"),
    ):
        more = ("--trial-days", "7") if name == "Trial" else ()
        site.run(*("payments", "plans", "create", name, "--opens", opens, "--price", price), *more)
    for file, title, audience in (
        (free, "For all", "free"),
        (members, "For members", "members"),
        (gold, "For gold", "tier:Gold"),
    ):
        site.run(
            *("episode", "add", file, "--show", "harbour", "--audience", audience),
            *("--title", title),
        )


@pytest.mark.also_on_many_hosts
def test_subscribe_and_the_feed_plays(
    place: tuple[Installation, StripeStandIn], browser: Browser, tmp_path: Path
) -> None:
    """On a phone, from the shared link to the app that has come and the page that says so."""
    with visiting(browser, phone=True, language="fr") as page:
        shop = Shop(*place, page, f"ada{next(_numbers)}@example.org")
        feed = shop.join()
        works = page.locator(".word.works")
        expect(works).to_have_count(0)
        app = Newsboat(tmp_path)
        app.subscribe(feed)
        assert app.reload() == ""
        assert app.titles() == {"For members", "For all"}
        with refreshing(app.reload):
            expect(works).to_contain_text("Newsboat", timeout=60_000)
    for entry in feedparser.parse(fetch(feed).body).entries:
        assert listen(entry.enclosures[0].href).status == 200


@pytest.mark.also_on_many_hosts
def test_up_to_gold_and_back_to_silver(shop: Shop) -> None:
    feed = shop.join("Silver")
    shop.sign_in()
    for plan, heard in (("Gold", True), ("Silver", False)):
        shop.page.get_by_text("Change the plan").first.click()
        option = shop.page.locator("select[name=price] option", has_text=plan)
        shop.page.locator("select[name=price]").select_option(option.get_attribute("value"))
        shop.page.get_by_role("button", name="Change", exact=True).click()
        expect(shop.page.locator(".notice.success")).to_be_visible()
        assert ("For gold" in titles(feed)) is heard
        assert "For members" in titles(feed)


@pytest.mark.also_on_many_hosts
def test_a_gift_from_ada_to_bob(shop: Shop, browser: Browser) -> None:
    key = shop.join_path("Silver").rsplit("/", 1)[1]
    shop.fill_and_go(f"/give/{key}", recipient_name="Bob", message="Happy birthday")
    shop.pay()
    code = shop.page.locator(".gift-code code").inner_text()
    with visiting(browser, phone=True) as phone:
        friend = Shop(shop.site, shop.account, phone, f"bob{next(_numbers)}@example.org")
        friend.goto("/gift")
        phone.locator("[name=code]").fill(code.lower())
        phone.locator("[name=email]").fill(friend.email)
        phone.locator("main form button[type=submit]").click()
        phone.wait_for_url("**/sign-in/check")
        friend.follow_mail("**/me/feeds/**")
        feed = phone.locator("#feed-address").input_value()
        assert "For members" in titles(feed)
        friend.goto("/gift")
        phone.locator("[name=code]").fill(code)
        phone.locator("main form button[type=submit]").click()
        phone.wait_for_url("**/me/feeds/**")


@pytest.mark.also_on_many_hosts
def test_seats_for_a_group(shop: Shop, browser: Browser) -> None:
    key = shop.join_path("Silver").rsplit("/", 1)[1]
    shop.fill_and_go(f"/group/{key}", seats="2", name="Crew")
    shop.pay()
    invitation = shop.page.locator(".wide-code").inner_text()
    with visiting(browser) as other:
        friend = Shop(shop.site, shop.account, other, f"bob{next(_numbers)}@example.org")
        other.goto(invitation)
        other.locator("[name=email]").fill(friend.email)
        other.locator("main form button[type=submit]").click()
        other.wait_for_url("**/sign-in/check")
        friend.follow_mail("**/me/feeds/**")
        feed = other.locator("#feed-address").input_value()
    assert "For members" in titles(feed)
    shop.sign_in()
    shop.page.get_by_role("button", name="Free this seat").click()
    expect(shop.page.locator(".notice.success")).to_be_visible()
    assert "has ended" in titles(feed)[0]


@pytest.mark.also_on_many_hosts
def test_one_episode_bought_by_somebody_who_is_no_member(shop: Shop) -> None:
    extra = sorted(AUDIO.glob("s01e*.m[p4][3a]"))[3]
    [added] = shop.site.json(
        *("episode", "add", extra, "--show", "harbour", "--audience", "sale"),
        *("--title", "The storm"),
    )
    shop.site.run(
        *("payments", "sell", "The storm", "--show", "harbour", "--episode", added["key"]),
        *("--price", "3 eur once"),
    )
    shop.goto(f"/shows/harbour/{added['key']}")
    buy = shop.page.get_by_role("link", name="Buy The storm for €3").get_attribute("href")
    assert buy
    shop.fill_and_go(buy)
    shop.pay()
    shop.page.wait_for_url("**/hand-over/**")
    feed = shop.page.locator("#feed-address").input_value()
    assert titles(feed) == ["The storm", "For all"]


@pytest.mark.also_on_many_hosts
def test_a_donation_with_words(shop: Shop) -> None:
    shop.fill_and_go(
        "/shows/harbour/donate", amount="12.50", name="Ada", message="Ahoy", wants_thanks="y"
    )
    expect(shop.page.locator("body")).to_contain_text("12.50")
    shop.pay()
    expect(shop.page.get_by_role("heading", name="Thank you")).to_be_visible()
    shop.goto("/shows/harbour/donate")
    expect(shop.page.locator(".thanks")).to_contain_text("Ahoy")


def test_a_refund_in_the_dashboard_closes_the_feed(shop: Shop) -> None:
    feed = shop.join()
    shop.account.control.refund(shop.payment())
    eventually(lambda: titles(feed) == ["For all"] or "has ended" in titles(feed)[0], "the end")


@pytest.mark.also_on_many_hosts
def test_paying_works_though_every_webhook_is_lost(shop: Shop) -> None:
    shop.account.control.webhooks(loss=1.0)
    try:
        feed = shop.join()
    finally:
        shop.account.control.webhooks(loss=0.0)
    assert "For members" in titles(feed)


def test_a_declined_card_can_be_tried_again(shop: Shop) -> None:
    shop.fill_and_go(shop.join_path("Silver"))
    shop.page.locator("#card").fill("4000000000000002")
    shop.page.locator("#pay").click()
    expect(shop.page.locator("body")).to_contain_text("declined")
    shop.pay()
    shop.page.wait_for_url("**/hand-over/**")
    assert "For members" in titles(shop.page.locator("#feed-address").input_value())


# From here on Stripe lives in the future.


def test_a_trial_begins_free_and_converts(shop: Shop) -> None:
    feed = shop.join("Trial")
    assert "For members" in titles(feed)
    shop.account.control.advance(days=8)
    shop.sign_in()
    assert shop.account.control.get(shop.subscription())["status"] == "active"
    assert "For members" in titles(feed)


def test_a_failing_card_shows_a_notice_and_is_mended(shop: Shop) -> None:
    feed = shop.join()
    shop.account.control.fail_next_renewal(shop.subscription())
    shop.account.control.advance(days=31, seconds=7200)
    eventually(lambda: "did not go through" in titles(feed)[0], "the notice")
    assert "For members" in titles(feed)
    shop.sign_in()
    expect(shop.page.locator("main")).to_contain_text("did not go through")
    shop.page.get_by_role("button", name="Change the card").click()
    shop.page.wait_for_url(f"{shop.account.url}/p/session/**")
    customer = shop.account.control.get(shop.subscription())["customer"]
    shop.account.control.update_card(customer)
    shop.account.control.advance(days=4)
    eventually(lambda: "did not go through" not in titles(feed)[0], "the end of the notice")
    assert "For members" in titles(feed)


def test_a_card_that_keeps_failing_closes_the_feed(shop: Shop) -> None:
    feed = shop.join()
    shop.account.control.fail_next_renewal(shop.subscription())
    shop.account.control.advance(days=31, seconds=7200)
    shop.account.control.advance(days=30)
    eventually(lambda: "For members" not in titles(feed), "the end")
    assert "For all" in titles(feed)


@pytest.mark.also_on_many_hosts
def test_cancel_stay_to_the_end_and_come_back_to_the_same_address(shop: Shop) -> None:
    feed = shop.join()
    shop.sign_in()
    shop.page.get_by_role("button", name="Cancel").click()
    expect(shop.page.locator("main")).to_contain_text("You hear everything until")
    assert "For members" in titles(feed)
    shop.account.control.advance(days=32)
    eventually(lambda: "has ended" in titles(feed)[0], "the end")
    shop.fill_and_go(shop.join_path("Silver"))
    shop.pay()
    shop.page.wait_for_url("**/me/feeds/**")
    assert shop.page.locator("#feed-address").input_value() == feed
    assert titles(feed) == ["For members", "For all"]
