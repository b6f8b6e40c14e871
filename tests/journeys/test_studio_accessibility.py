"""axe-core finds nothing wrong in the studio, in both languages and both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.episodes import create_episode
from episodes.models import Show
from episodes.publishing import unpublish_episode
from episodes.rss_import.imports import begin_import as begin_show_import
from podcast_server.accounts.sign_in import SIGN_IN_SECRET
from podcast_server.accounts.staff.invitations import invite_staff
from podcast_server.accounts.staff.models import Staff
from podcast_server.accounts.staff.passwords import PER_EMAIL, note_failure
from podcast_server.billing.models import Payment, Plan, Subscription
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.moving.members.imports import begin_import
from podcast_server.moving.members.targets import Choices
from podcast_server.services import now_utc
from tests.browser import Theme, axe_violations, fill_first, visiting
from tests.podcast_server.moving.members.conftest import sample
from tests.running import Installation
from tests.samples.feeds.hosts import buzzsprout

pytestmark = pytest.mark.slow
SHOW = "/studio/shows/harbour"
NOWHERE = "/studio/nowhere"
PATHS = (
    "/studio",
    "/studio/shows/new",
    SHOW,
    f"{SHOW}?q=nothing",
    f"{SHOW}/calendar",
    f"{SHOW}/episodes/harbourb22",
    f"{SHOW}/episodes/{{deleted}}",
    f"{SHOW}/plans",
    f"{SHOW}/plans/{{plan}}",
    f"{SHOW}/numbers",
    "/studio/payments",
    "/studio/payments/events",
    "/studio/coupons",
    f"{SHOW}/sales",
    f"{SHOW}/members",
    f"{SHOW}/members/1",
    f"{SHOW}/members/1/payments/{{payment}}/refund",
    f"{SHOW}/sharing",
    f"{SHOW}/announcements",
    f"{SHOW}/health",
    f"{SHOW}/members/import",
    f"{SHOW}/members/import/1",
    f"{SHOW}/settings",
    f"{SHOW}/artwork",
    "/studio/account",
    "/studio/people",
    "/studio/people/log",
    "/studio/status",
    "/studio/bring",
    "/studio/site",
    "/studio/site/address",
    "/studio/site/backups",
    "/studio/site/mail",
    "/studio/site/storage",
    "/studio/site/payments",
    "/studio/shows/harbour/members/nudge",
    "/studio/status/outbox",
    "/studio/status/outbox/1",
    "/studio/archive",
    "/studio/bring/{bringing}",
    "/studio/join/{invitation}",
    NOWHERE,
)
GUESSED = "guessed@example.org"
# Pages with a form that is sent empty: the first on the page, or the last.
FORMS = (
    ("/studio/shows/new", False),
    ("/studio/coupons", True),
    ("/studio/people", True),
    ("/studio/site/payments", True),
    (f"{SHOW}/members", True),
    (f"{SHOW}/plans", False),
)
# As a browser does that does not look at forms before they are sent.
SEND_WRONG = """form => {
  form.noValidate = true;
  for (const each of form.querySelectorAll("input:not([type=hidden], [type=radio])")) each.value = "";
  form.submit();
}"""
# What opens and is lower than a thumb is wide.
LOW = """() => [...document.querySelectorAll("summary")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 43.5)
  .map((each) => each.outerHTML)"""
# Entries of a menu that one would have to scroll to.
AWAY = """() => [...document.querySelectorAll("nav li a")].filter((each) => {
  const box = each.getBoundingClientRect();
  return box.left < 0 || box.right > document.documentElement.clientWidth;
}).map((each) => each.textContent)"""
NAMES: dict[str, str] = {}  # what the addresses of this site are filled with


@pytest.fixture(scope="module")
def site(demo: Installation) -> Iterator[Installation]:
    with demo.services() as services, services.sessions.begin() as session:
        keep_draft(session)
        show = session.get_one(Show, 1)
        bringing = begin_show_import(
            session,
            source=None,
            document=buzzsprout("https://host.example").xml.encode(),
            vault=open_desk(services).vault,
            now=now_utc(),
            show=show,
        )
        _, invitation = invite_staff(
            session,
            "tam@example.org",
            "editor",
            show_id=show.id,
            invited_by=session.scalars(select(Staff.id)).one(),
            now=now_utc(),
        )
        NAMES.update(bringing=bringing.key, invitation=invitation)
        NAMES["plan"] = session.scalars(select(Plan.key)).first() or ""
        NAMES["deleted"] = deleted_episode(session, show)
        NAMES["payment"] = str(paid_by_hand(session))
        secret = services.tokens.derive(SIGN_IN_SECRET)
        for _ in range(PER_EMAIL):
            note_failure(session, GUESSED, "198.51.100.9", secret, now_utc())
    with demo.serving():
        yield demo


def keep_draft(session: Session) -> None:
    """A table of another host, looked at and not yet brought over."""
    choices = Choices(default="show:harbour", tiers={"Patron of the Harbour": "skip"})
    data = sample("patreon") + b"Nobody,,,Active patron\n"
    begin_import(
        session,
        data,
        choices,
        file_name="Members.csv",
        by="owner@example.org",
        now=now_utc(),
        show_id=1,
        draft=True,
    )


def deleted_episode(session: Session, show: Show) -> str:
    """The key of an episode that was deleted."""
    episode = create_episode(session, show, title="A mistake", now=now_utc())
    unpublish_episode(session, episode, state="deleted", now=now_utc())
    return episode.key


def paid_by_hand(session: Session) -> int:
    """The id of a payment of the first member, which can be given back."""
    plan, now = session.scalars(select(Plan)).one(), now_utc()
    running = Subscription(
        realm="manual",
        ref="A11Y",
        purpose="membership",
        member_id=1,
        plan_id=plan.id,
        status="active",
        amount=500,
        currency="eur",
        interval="month",
        started_at=now,
    )
    session.add(running)
    session.flush()
    payment = Payment(
        realm="manual",
        ref="A11Y",
        member_id=1,
        subscription_id=running.id,
        status="paid",
        amount=500,
        currency="eur",
        paid_at=now,
        as_of=now,
    )
    session.add(payment)
    session.flush()
    return payment.id


def enter(page: Page, site: Installation) -> None:
    """Through the door, looking at it on the way."""
    page.goto(f"{site.url}/studio/sign-in")
    assert axe_violations(page) == []
    page.goto(site.run("studio", "link", "owner@example.org").stdout.strip())
    assert axe_violations(page) == []
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/studio")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_studio_shuts_anybody_out(
    site: Installation, browser: Browser, theme: Theme, language: str
) -> None:
    # Each theme and each language on a phone once, and on a desk once.
    phone = (theme == "dark") == (language == "en")
    with visiting(browser, phone=phone, theme=theme, language=language) as page:
        enter(page, site)
        found = []
        for path in PATHS:
            answer = page.goto(f"{site.url}{path.format(**NAMES)}")
            assert answer is not None
            assert answer.status == (404 if path == NOWHERE else 200), path
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= (390 if phone else 1280), path
            assert page.evaluate(LOW) == [], path
            assert page.evaluate(AWAY) == [], path
            for details in page.locator("details").all():
                details.evaluate("each => { each.open = true }")
            found += axe_violations(page)
        assert found == []


@pytest.mark.parametrize(
    ("theme", "language", "phone"), [("dark", "fr", True), ("light", "en", False)]
)
def test_neither_does_what_the_studio_answers(
    site: Installation, browser: Browser, theme: Theme, language: str, phone: bool
) -> None:
    """Waiting at the door, forms with errors, and pages that only a button leads to."""
    with visiting(browser, phone=phone, theme=theme, language=language) as page:
        found = []

        def look() -> None:
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= (390 if phone else 1280), page.url
            found.extend(axe_violations(page))

        door = f"{site.url}/studio/sign-in"
        page.goto(door)
        fill_first(page.locator("#email"), GUESSED)
        page.fill("#password", "a guess")
        page.locator("main button[type=submit]").first.click()
        page.wait_for_selector("#password", state="detached")
        look()
        page.goto(door)
        fill_first(page.locator("#email"), "tam@example.org")
        page.locator("button[name=link]").click()
        page.wait_for_url("**/sign-in/check")
        look()
        enter(page, site)
        for path, last in FORMS:
            page.goto(f"{site.url}{path}")
            forms = page.locator("main form[method=post]")
            (forms.last if last else forms.first).evaluate(SEND_WRONG)
            page.wait_for_selector("[aria-invalid], .field-error:not(:empty)")
            look()
        page.goto(f"{site.url}{SHOW}/members/1/payments/{NAMES['payment']}/refund")
        page.locator("main button[type=submit]").click()
        page.wait_for_selector("input[name=sure]", state="attached")
        look()
        page.goto(f"{site.url}/studio/account")
        make = page.locator("form[action$='/recovery-codes']")
        if not make.is_visible():  # the other run made some
            page.locator("details:has(form[action$='/recovery-codes']) summary").click()
        make.locator("button").click()
        page.wait_for_url("**/recovery-codes")
        look()
        assert found == []


def test_the_keyboard_reaches_everything_of_the_studio_and_shows_where_it_is(
    site: Installation, browser: Browser
) -> None:
    with visiting(browser) as page:
        enter(page, site)
        for path in (SHOW, f"{SHOW}/members", "/studio/account"):
            page.goto(f"{site.url}{path}")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip"
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main"
            wanted = page.locator(
                "main a:visible, main button:visible, main summary:visible"
            ).count()
            assert len(set(stops(page))) >= wanted, path


def stops(page: Page) -> Iterator[str]:
    """What the Tab key comes to in the main part, each with its outline seen."""
    for _ in range(200):
        page.keyboard.press("Tab")
        inside, outlined, place, text = page.evaluate(WHERE)
        if not inside:
            return
        assert outlined, text
        yield place


# The place tells two buttons with the same words apart.
WHERE = """(() => {
  const here = document.activeElement, box = here.getBoundingClientRect();
  const label = here.matches("input[type=file]") && here.parentElement.querySelector("label");
  const seen = [here, label].some((each) => each && getComputedStyle(each).outlineStyle !== "none");
  // The parts of a date are marked by the browser itself.
  const own = here.matches("input[type=date]");
  const place = [here.tagName, Math.round(box.left + scrollX), Math.round(box.top + scrollY)];
  const main = document.getElementById("main");
  return [main.contains(here) && here !== main, seen || own, place.join(" "), here.outerHTML];
})()"""

UNCOUNTED = {"Image", "Media"}
SHIFTS = """() => new Promise((told) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => { sum += each.value; }))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => told(sum), 100);
})"""


@pytest.mark.timeout(300)  # every page there is, until nothing more arrives
@pytest.mark.parametrize("phone", [False, True])
def test_every_page_of_the_studio_is_small_and_stands_still(
    site: Installation, browser: Browser, phone: bool
) -> None:
    """At most 100 kB without the artwork, fonts included; nothing moves once it is there."""
    with visiting(browser, phone=phone) as page:
        enter(page, site)
        sizes: dict[str, int] = {}
        kinds: dict[str, str] = {}
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        devtools.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
        devtools.on(
            "Network.loadingFinished",
            lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}),
        )
        wrong = []
        for path in PATHS:
            sizes.clear()
            page.goto(f"{site.url}{path.format(**NAMES)}", wait_until="networkidle")
            carried = sum(size for key, size in sizes.items() if kinds.get(key) not in UNCOUNTED)
            moved = page.evaluate(SHIFTS)
            if carried > 100_000 or moved >= 0.01:
                wrong.append((path, carried, moved))
        assert wrong == []
