"""axe-core finds nothing wrong in the studio, in both languages and both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from episodes.models import Show
from episodes.rss_import.imports import begin_import as begin_show_import
from podcast_server.accounts.staff.invitations import invite_staff
from podcast_server.accounts.staff.models import Staff
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.moving.members.imports import begin_import
from podcast_server.moving.members.targets import Choices
from podcast_server.services import now_utc
from tests.browser import Theme, axe_violations, chromium, demo_site, visiting
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
    f"{SHOW}/plans",
    f"{SHOW}/numbers",
    "/studio/payments",
    "/studio/payments/events",
    "/studio/coupons",
    f"{SHOW}/sales",
    f"{SHOW}/members",
    f"{SHOW}/members/1",
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
    "/studio/shows/harbour/members/nudge",
    "/studio/status/outbox",
    "/studio/status/outbox/1",
    "/studio/archive",
    "/studio/bring/{bringing}",
    "/studio/join/{invitation}",
    NOWHERE,
)
NAMES: dict[str, str] = {}  # what the addresses of this site are filled with


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    place = demo_site(tmp_path_factory.mktemp("site"))
    with place.services() as services, services.sessions.begin() as session:
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
    with place.serving():
        yield place


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


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
            for details in page.locator("details").all():
                details.evaluate("each => { each.open = true }")
            found += axe_violations(page)
        assert found == []


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
