"""A real Chromium for journeys, with axe-core to judge what it shows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.many_hosts.patience import is_away, make_patient
from tests.running import Installation, free_port

AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
Theme = Literal["light", "dark"]
# Chromium complains about every error page, also where one is the point: not found, declined, wait.
_IS_MEANT = re.compile(r"status of 4(?:0[24]|29)")
# This machine, and the networks that tests make on it.
_OURS = re.compile(r"http://(127\.0\.0\.1|localhost|10(\.\d+){3}):|data:|blob:")
# Milliseconds for what a page comes to show; on a machine that is busy with other tests a program
# may wait for its turn for seconds.
PATIENCE = 60_000
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, headless."""
    path = shutil.which("chromium")
    assert path, "Chromium is not installed: run `make system`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


class Line:
    """The line between a page and its servers, with ``megabytes`` a second on the way up: a file
    is still on its way when the line is cut, however long a test was kept waiting."""

    def __init__(self, page: Page, *, megabytes: int) -> None:
        self._speed = megabytes * 1_000_000
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Network.enable")
        self.join()

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._be(offline=True)

    def join(self) -> None:
        """All is well again."""
        self._be(offline=False)

    def _be(self, *, offline: bool) -> None:
        speed = {"downloadThroughput": -1, "uploadThroughput": self._speed}
        self._devtools.send(
            "Network.emulateNetworkConditions", {"offline": offline, "latency": 0, **speed}
        )


@contextmanager
def visiting(
    browser: Browser,
    *,
    phone: bool = False,
    theme: Theme = "light",
    language: str = "en",
    scripts: bool = True,
) -> Iterator[Page]:
    """A fresh visitor. Afterwards nothing may have gone wrong in their console, and no host
    but ours may have been asked."""
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        user_agent=IPHONE if phone else None,
        has_touch=phone,
        color_scheme=theme,
        locale=language,
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    make_patient(page)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None if _OURS.match(request.url) else complaints.append(f"asked {request.url}")
        ),
    )
    yield page
    context.close()
    wrong = [
        each for each in complaints if not (_IS_MEANT.search(each) or is_away(status_in(each)))
    ]
    assert not wrong, f"the browser complained: {wrong}"


def status_in(complaint: str) -> int:
    """The HTTP status that Chromium complains about, or 0."""
    found = re.search(r"status of (\d{3})", complaint)
    return int(found[1]) if found else 0


@contextmanager
def whole_page_in_view(page: Page) -> Iterator[None]:
    """A window as high as the page. A bar that stays at the window's edge would else lie over
    half of whatever has been scrolled to there, and make it too small to touch until one scrolls.
    """
    was, at = page.viewport_size, page.evaluate("scrollY")
    high = page.evaluate("document.documentElement.scrollHeight")
    if was is None or high <= was["height"]:
        yield
        return
    page.set_viewport_size({"width": was["width"], "height": high})
    try:
        yield
    finally:
        page.set_viewport_size(was)
        page.evaluate("at => scrollTo({top: at, behavior: 'instant'})", at)


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong by WCAG 2.2 AA and good practice, with the elements."""
    assert AXE.exists(), "axe-core is not installed: run `make node`"
    page.wait_for_load_state()  # a click leads to a page of which the half may still be on its way
    # The page's own policy would refuse the script; evaluate runs beside it.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    with whole_page_in_view(page):
        found: Any = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa',"
            "'best-practice']}).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
        )
    return [f"{page.url} {rule}: {json.dumps(nodes)[:400]}" for rule, nodes in found]


def demo_site(folder: Path) -> Installation:
    """The demo's show and people at a free port, not yet serving."""
    return with_demo(Installation(folder, free_port(), {}))


def with_demo(place: Installation) -> Installation:
    """Put the demo's show and people into an installation."""
    place.extra["PODCAST_SERVER_DATA_FOLDER"] = str(place.folder / "demo-data")
    place.run("demo", "--no-serve", "--port", str(place.port))
    return place


def enter_studio(page: Page, place: Installation, email: str = "owner@example.org") -> None:
    """Through the link that the command line gives."""
    page.goto(place.run("studio", "link", email).stdout.strip())
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/studio**")


def newest_mail(place: Installation) -> tuple[str, str]:
    """The link and the code in the newest mail, as the podcaster reads it.

    Passed over is what the server writes by itself meanwhile: that Ben's time is over.
    """
    mails = place.json("mail", "list")
    newest = next(each["id"] for each in mails if not each["subject"].endswith("has ended"))
    text = place.run("mail", "show", str(newest)).stdout
    link = re.search(r"http://\S+", text)
    code = re.search(r"^ {4}(\d{6})$", text, re.MULTILINE)
    assert link
    return link[0], code[1] if code else ""


def fill_first(field: Locator, text: str) -> None:
    """Fill the field that the page puts the cursor into, once it has: a visitor who is faster
    than that keeps their own focus, of which the browser complains."""
    expect(field).to_be_focused()
    field.fill(text)
