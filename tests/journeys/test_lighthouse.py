"""Lighthouse, as a phone sees the pages: fast, accessible, sound and findable, 95 of 100 each."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import chromium, demo_site, fill_first, newest_mail, visiting
from tests.running import Installation

pytestmark = pytest.mark.slow

LIGHTHOUSE = Path(__file__).parents[1] / "node" / "node_modules" / "lighthouse" / "cli" / "index.js"
ENOUGH = 95
# A machine that is busy with something else makes any page slow for once.
TRIES = 3


@dataclass(frozen=True)
class Paths:
    """The pages, and the cookies that open the private ones."""

    public: dict[str, str]
    private: dict[str, str]
    cookies: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    place = demo_site(tmp_path_factory.mktemp("site"))
    with place.serving():
        yield place


@pytest.fixture(scope="module")
def paths(site: Installation) -> Paths:
    with chromium() as browser, visiting(browser, phone=True) as page:
        page.goto(f"{site.url}/shows/harbour")
        free = page.locator(".episode-row:not(:has(.tag.members)) h3 a").first
        episode = free.get_attribute("href") or ""
        private = _member_paths(page, site)
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
    public = {"home": "/", "show": "/shows/harbour", "episode": episode}
    return Paths(public, private, cookies)


def _member_paths(page: Page, site: Installation) -> dict[str, str]:
    page.goto(f"{site.url}/sign-in")
    fill_first(page.locator("[name=email]"), "ada@example.org")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/sign-in/check")
    page.goto(newest_mail(site)[0])
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/me")
    feed = page.locator("a[href^='/me/feeds/']").first.get_attribute("href") or ""
    page.goto(f"{site.url}/me/listen")
    track = page.locator(".episode-row h3 a").first.get_attribute("href") or ""
    return {"welcome": f"{feed}?welcome=1", "podcasts": "/me", "player": track}


@pytest.mark.parametrize("name", ["home", "show", "episode"])
def test_public_pages_score_95_in_everything(
    site: Installation, paths: Paths, tmp_path: Path, name: str
) -> None:
    assert_enough(site.url + paths.public[name], tmp_path)


@pytest.mark.parametrize("name", ["welcome", "podcasts", "player"])
def test_pages_of_members_do_too_but_for_being_hidden_from_search_engines(
    site: Installation, paths: Paths, tmp_path: Path, name: str
) -> None:
    assert_enough(
        site.url + paths.private[name],
        tmp_path,
        "--skip-audits=is-crawlable",
        cookies=paths.cookies,
    )


def assert_enough(address: str, folder: Path, *options: str, cookies: str = "") -> None:
    """The best of a few tries reaches the mark in every category."""
    best: dict[str, int] = {}
    faults: list[str] = []
    for _ in range(TRIES):
        try:
            scores, faults = lighthouse(address, folder, *options, cookies=cookies)
        except subprocess.CalledProcessError as error:
            # Its browser died, which says nothing of the page.
            faults = [error.stderr.decode(errors="replace")[-500:]]
            continue
        best = {name: max(score, best.get(name, 0)) for name, score in scores.items()}
        if min(best.values()) >= ENOUGH:
            return
    raise AssertionError(f"{address}: {best}, {faults}")


def lighthouse(
    address: str, folder: Path, *options: str, cookies: str = ""
) -> tuple[dict[str, int], list[str]]:
    """The scores of a page by category, out of 100, and the audits that cost points."""
    assert LIGHTHOUSE.exists(), "Lighthouse is not installed: run `make node`"
    headers, report = folder / "headers.json", folder / "report.json"
    headers.write_text(json.dumps({"Cookie": cookies} if cookies else {}))
    chrome = shutil.which("chromium")
    assert chrome, "Chromium is not installed: run `make system`"
    subprocess.run(
        [
            shutil.which("node") or "node",
            str(LIGHTHOUSE),
            address,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--chrome-path={chrome}",
            "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
            f"--extra-headers={headers}",
            "--only-categories=performance,accessibility,best-practices,seo",
            *options,
        ],
        check=True,
        timeout=110,
        capture_output=True,
    )
    told = json.loads(report.read_text())
    scores = {name: round(100 * each["score"]) for name, each in told["categories"].items()}
    faults = [
        f"{name} {audit['score']}"
        for name, audit in told["audits"].items()
        if audit["score"] is not None and audit["score"] < 0.9
    ]
    return scores, faults
