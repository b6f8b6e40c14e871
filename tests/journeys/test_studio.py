"""A podcaster who has never seen a terminal, in a real browser."""

from __future__ import annotations

import hashlib
import wave
from pathlib import Path
from typing import BinaryIO

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from episodes.models import Audio
from episodes.storage.base import ObjectReader
from tests.browser import Line, axe_violations, fill_first, visiting
from tests.journeys.conftest import Machines
from tests.many_hosts.patience import make_patient
from tests.running import PATIENCE, Installation

pytestmark = pytest.mark.slow
SAMPLES = Path(__file__).parents[2] / "podcast_server" / "demo" / "audio"


@pytest.fixture
def new_site(machines: Machines, tmp_path: Path) -> Installation:
    """A server on which nothing was done yet."""
    return machines.installation(tmp_path)


def send(page: Page) -> None:
    page.locator("main form button[type=submit]").first.click()


def set_up(page: Page, place: Installation) -> None:
    page.goto(place.run("studio", "code").stdout.strip())
    assert axe_violations(page) == []
    page.get_by_label("Your name").fill("Marit")
    page.get_by_label("E-mail address").fill("marit@example.org")
    page.get_by_label("Password").fill("three harbour seals")
    send(page)
    page.wait_for_url("**/studio/shows/new")
    fill_first(page.get_by_label("Title"), "Quiet Coast")
    send(page)
    page.wait_for_url("**/artwork")


@pytest.mark.also_on_many_hosts
@pytest.mark.parametrize("phone", [False, True])
def test_from_first_run_to_a_published_episode(
    new_site: Installation, browser: Browser, phone: bool
) -> None:
    place = new_site
    with place.serving(), visiting(browser, phone=phone) as page:
        set_up(page, place)
        page.get_by_label("Picture", exact=True).set_input_files(SAMPLES / "cover.jpg")
        send(page)
        page.wait_for_url("**/shows/quiet-coast")
        page.locator("#files").set_input_files(SAMPLES / "s01e01-first-light.mp3")
        expect(page.locator(".upload-list li")).to_have_attribute(
            "data-state", "used", timeout=PATIENCE * 1000
        )
        page.reload()
        page.get_by_role("link", name="First light on the quay").click()
        page.get_by_text("Everyone", exact=True).click()
        page.get_by_role("button", name="Publish now").click()
        expect(page.locator(".messages")).to_contain_text("It is out.")
        page.goto(f"{place.url}/shows/quiet-coast")
        expect(page.locator("body")).to_contain_text("First light on the quay")


def long_recording(path: Path) -> Path:
    """300 MB of silence with a true header."""
    size = 300 * 1024 * 1024
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes(b"")
    header = bytearray(path.read_bytes())
    header[4:8] = (size + 36).to_bytes(4, "little")
    header[40:44] = size.to_bytes(4, "little")
    path.write_bytes(header)
    with path.open("ab") as file:
        file.truncate(size + 44)
    return path


def more_arrives(page: Page) -> None:
    """Wait until the bar has moved on."""
    bar = page.locator(".upload-list progress")
    expect(bar).to_be_visible()
    before = bar.evaluate("bar => bar.value")
    page.wait_for_function(
        "at => document.querySelector('.upload-list progress').value > at", arg=before
    )


def pause_and_resume(page: Page) -> None:
    """While it is held, nothing arrives."""
    more_arrives(page)
    item, bar = page.locator(".upload-list li"), page.locator(".upload-list progress")
    item.get_by_role("button", name="Pause").click()
    expect(item).to_have_attribute("data-state", "paused")
    page.wait_for_load_state("networkidle")
    held = bar.evaluate("bar => bar.value")
    page.wait_for_timeout(1500)
    assert bar.evaluate("bar => bar.value") == held
    item.get_by_role("button", name="Resume").click()


def test_an_upload_survives_cut_lines_and_a_server_that_restarts(
    new_site: Installation, tmp_path: Path, browser: Browser
) -> None:
    audio = long_recording(tmp_path / "long.wav")
    place = new_site
    # Chromium complains about every cut line, so nobody listens to its complaints here.
    context = browser.new_context(locale="en")
    page = context.new_page()
    make_patient(page)
    said = page.locator(".upload-list")
    with place.serving():
        set_up(page, place)
        page.goto(f"{place.url}/studio/shows/quiet-coast")
        line = Line(page, megabytes=20)
        page.locator("#files").set_input_files(audio)
        pause_and_resume(page)
        for _ in range(2):
            more_arrives(page)
            line.cut()
            expect(said).to_contain_text("The line is down", timeout=60_000)
            line.join()
        more_arrives(page)
    expect(said).to_contain_text("The line is down", timeout=60_000)
    with place.serving():
        done = page.locator(".upload-list li")
        expect(done).to_have_attribute("data-state", "used", timeout=PATIENCE * 1000)
    context.close()
    with place.services() as services:
        with services.sessions() as session:
            key = session.scalars(select(Audio.object_key)).one()
        assert sha256_of(services.storage.open(key)) == sha256_of(audio.open("rb"))


def sha256_of(file: BinaryIO | ObjectReader) -> str:
    """Reads piece by piece: what was uploaded is large."""
    with file:
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def test_a_passkey_opens_the_studio(new_site: Installation, browser: Browser) -> None:
    # A passkey belongs to a host name; an address made of numbers cannot have one.
    place = new_site
    place.extra["PODCAST_SERVER_SITE__PUBLIC_URL"] = f"http://localhost:{place.port}"
    with place.serving(), visiting(browser) as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                }
            },
        )
        set_up(page, place)
        account = f"http://localhost:{place.port}/studio/account"
        page.goto(account)
        page.get_by_role("button", name="Make a passkey").click()
        expect(page.locator(".messages")).to_contain_text("The passkey is kept.")
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.wait_for_url("**/studio/sign-in")
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/studio")
