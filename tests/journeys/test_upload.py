"""Uploads in a real browser, straight to a real bucket."""

from __future__ import annotations

import random
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mutagen.id3 import TIT2
from mutagen.wave import WAVE
from playwright.sync_api import BrowserContext, Page, Request, Route, expect
from sqlalchemy import select

from episodes.models import Audio
from podcast_server.accounts.staff.people import ensure_staff
from tests.browser import Line, chromium
from tests.builders import build_show
from tests.journeys.conftest import Machines, OneMachine
from tests.many_hosts.patience import make_patient
from tests.running import PATIENCE, Installation, installation
from tests.samples.audio import record
from tests.seaweedfs import S3Server

pytest_plugins = ["tests.s3_server"]
pytestmark = pytest.mark.slow
EPISODES = "/studio/shows/harbour"


@pytest.fixture(scope="module")
def place(
    machines: Machines, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A show whose audio is kept in a bucket that the doctor has put in order."""
    folder = tmp_path_factory.mktemp("uploads")
    if isinstance(machines, OneMachine):
        made = installation(folder, **bucket_of(request.getfixturevalue("s3_server")))
    else:
        made = machines.installation(folder)
    with made.services() as services, services.sessions.begin() as database:
        ensure_staff(database, "marit@example.org", now=datetime.now(UTC), owner=True)
        build_show(database, datetime.now(UTC), slug="harbour", title="Harbour Notes")
    found = {each["check"]: each for each in made.json("doctor", "--repair")}
    assert found["uploads"]["level"] == "ok"  # the bucket lets our pages in from now on
    with made.serving():
        yield made


def bucket_of(s3_server: S3Server) -> dict[str, str]:
    """A bucket of our own, as settings by their environment names."""
    s3_server.client().create_bucket(Bucket="browser-uploads")
    settings = s3_server.settings("browser-uploads")
    return {
        "storage__backend": "s3",
        "storage__bucket": settings.bucket,
        "storage__endpoint": settings.endpoint,
        "storage__access_key": settings.access_key,
        "storage__secret_key": settings.secret_key,
    }


@pytest.fixture(scope="module")
def studio(place: Installation) -> Iterator[BrowserContext]:
    """A browser in which Marit is signed in."""
    with chromium() as browser:
        context = browser.new_context(locale="en")
        page = new_page(context)
        page.goto(place.run("studio", "link", "marit@example.org").stdout.strip())
        page.click("main button[type=submit]")
        page.wait_for_url("**/studio")  # signed in; a page on its way elsewhere may never close
        page.close()
        yield context


def new_page(studio: BrowserContext) -> Page:
    page = studio.new_page()
    make_patient(page)
    return page


def recordings(folder: Path) -> Iterator[Path]:
    """One of each kind, with a title in its tags, before the sound or behind it."""
    for kind in ("mp3", "m4a", "flac", "opus"):
        title = {"title": f"Heard in {kind}"}
        yield record(folder / f"{kind}.{kind}", kind, seconds=5, metadata=title)
    tags = WAVE(record(folder / "wav.wav", "wav", seconds=5))
    tags.add_tags()
    tags.tags.add(TIT2(text=["Heard in wav"]))
    tags.save()
    yield folder / "wav.wav"


@pytest.mark.also_on_many_hosts
def test_what_a_file_says_of_itself_is_there_before_the_file(
    tmp_path: Path, place: Installation, studio: BrowserContext
) -> None:
    page = new_page(studio)
    page.route("**/*partNumber=*", lambda route: hold(route))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(place.url + EPISODES)
    for file in recordings(tmp_path):
        page.locator("#files").set_input_files(file)
        line = page.locator(".upload-list li")
        expect(line).to_contain_text(f"Heard in {file.stem}")
        draft = page.request.get(place.url + (line.locator("a").get_attribute("href") or ""))
        assert f'value="Heard in {file.stem}"' in draft.text()
        line.get_by_role("button", name="Give up").click()
        expect(line).to_have_count(0)
    page.close()


def hold(route: Route) -> None:
    """Parts never arrive; everything else does."""
    if route.request.method != "PUT":
        route.continue_()


def test_a_line_that_says_nothing_for_a_minute_is_tried_anew(
    tmp_path: Path, place: Installation, studio: BrowserContext
) -> None:
    page = new_page(studio)
    page.clock.install()
    dead: list[Route] = []

    def first_dies(route: Route) -> None:
        if route.request.method == "PUT" and not dead:
            dead.append(route)  # nothing comes of it, and nobody says so
        else:
            route.continue_()

    page.route("**/*partNumber=*", first_dies)
    page.goto(place.url + EPISODES)
    with page.expect_request(is_part):
        page.locator("#files").set_input_files(record(tmp_path / "calm.mp3", "mp3", seconds=5))
    line = page.locator(".upload-list li")
    page.clock.run_for(50_000)
    expect(line).to_have_attribute("data-state", "sending")
    page.clock.run_for(12_000)
    expect(line).to_have_attribute("data-state", "used", timeout=PATIENCE * 1000)
    page.close()


def recording(path: Path) -> Path:
    """Three parts of noise: 20 MB of WAV."""
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(random.Random(5).randbytes(20_000_000))
    return path


@pytest.mark.also_on_many_hosts
def test_an_upload_goes_on_in_the_bucket_where_a_cut_line_and_a_new_page_left_it(
    tmp_path: Path, place: Installation, studio: BrowserContext
) -> None:
    file = recording(tmp_path / "storm.wav")
    page = new_page(studio)
    page.goto(place.url + EPISODES)
    arrived, line = listen(page), Line(page, megabytes=3)
    with page.expect_request_finished(is_part, timeout=60_000):
        page.locator("#files").set_input_files(file)
    line.cut()
    expect(page.locator(".upload-list")).to_contain_text("The line is down", timeout=60_000)
    page.close()
    page = new_page(studio)
    page.goto(place.url + EPISODES)
    later = listen(page)
    page.locator("#files").set_input_files(file)
    done = page.locator(".upload-list li")
    expect(done).to_have_attribute("data-state", "used", timeout=PATIENCE * 1000)
    page.close()
    assert 1 in arrived
    assert sorted(arrived + later) == [1, 2, 3]
    with place.services() as services, services.engine.connect() as database:
        ours = select(Audio.object_key).where(Audio.size == file.stat().st_size)
        key = database.scalars(ours).one()
        assert services.storage.open(key).read() == file.read_bytes()


def is_part(request: Request) -> bool:
    return request.method == "PUT" and "partNumber=" in request.url


def listen(page: Page) -> list[int]:
    """The numbers of parts that reach the bucket."""
    numbers: list[int] = []

    def note(request: Request) -> None:
        if is_part(request):
            numbers.append(int(request.url.split("partNumber=")[1].split("&")[0]))

    page.on("requestfinished", note)
    return numbers


def test_a_bucket_that_lets_no_browser_in_is_served_through_the_server(
    tmp_path: Path, place: Installation, studio: BrowserContext
) -> None:
    page = new_page(studio)
    page.route("**/*partNumber=*", lambda route: route.abort())
    page.goto(place.url + EPISODES)
    page.locator("#files").set_input_files(record(tmp_path / "wind.mp3", "mp3", seconds=3))
    done = page.locator(".upload-list li").filter(has_text="wind")
    expect(done).to_have_attribute("data-state", "used", timeout=PATIENCE * 1000)
    page.close()
