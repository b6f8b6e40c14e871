"""A cache shared by everybody stands in front: it never hands one member's things to another."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import fill_first, newest_mail, visiting
from tests.running import PATIENCE, Got, Installation, fetch, free_port

pytestmark = pytest.mark.slow

# As greedy as a careless operator makes it: one key for all visitors, and a long life for
# whatever does not say how long it may be kept.
CONFIG = """
daemon off; {user} pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=shared:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header Host $http_host;
      proxy_cache shared;
      proxy_cache_key $request_uri;
      proxy_cache_valid any 10m;
      add_header X-Cache $upstream_cache_status always;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Front:
    """The site behind the cache."""

    site: Installation
    port: int

    def get(self, path: str, **headers: str) -> Got:
        return fetch(f"http://127.0.0.1:{self.port}{path}", **headers)


@pytest.fixture(scope="module")
def front(demo: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with demo.serving(), caching(tmp_path_factory.mktemp("nginx"), demo.port) as port:
        yield Front(demo, port)


@contextlib.contextmanager
def caching(folder: Path, upstream: int) -> Iterator[int]:
    """nginx with a shared cache before the port; gives its own port."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert nginx, "nginx is not installed: run `make system`"
    port = free_port()
    config = folder / "nginx.conf"
    # Started by root, nginx would become somebody who may not write into our folder.
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(CONFIG.format(folder=folder, port=port, upstream=upstream, user=user))
    process = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", str(config)], stderr=subprocess.PIPE
    )
    try:
        _wait_for(process, port)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        with contextlib.suppress(OSError):
            fetch(f"http://127.0.0.1:{port}/robots.txt")
            return
        time.sleep(0.05)
    raise AssertionError("nginx did not start")


def cookies_of(browser: Browser, site: Installation, email: str) -> str:
    """Sign in, and give the cookies as a header."""
    with visiting(browser) as page:
        page.goto(f"{site.url}/sign-in")
        fill_first(page.locator("[name=email]"), email)
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/sign-in/check")
        page.goto(newest_mail(site)[0])
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/me")
        return "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())


def test_the_cache_works_where_everybody_sees_the_same(front: Front) -> None:
    front.get("/shows/harbour")
    again = front.get("/shows/harbour")
    assert again.headers["X-Cache"] == "HIT"
    front.get("/shows/harbour/feed.xml")
    assert front.get("/shows/harbour/feed.xml").headers["X-Cache"] == "HIT"


def test_no_private_feed_and_nothing_behind_it_is_ever_kept(front: Front) -> None:
    feeds = {}
    for email in ("ada@example.org", "ben@example.org"):
        url = front.site.json("feed", "url", email, "--show", "harbour")["feed"]
        feeds[email] = url.removeprefix(front.site.url)
    for _ in range(2):
        for path in feeds.values():
            got = front.get(path)
            assert got.headers["X-Cache"] not in {"HIT", "STALE", "REVALIDATED"}
            assert path.encode() in got.body
    ada, ben = (front.get(path).body for path in feeds.values())
    assert ada != ben
    assert feeds["ada@example.org"].encode() not in ben


def test_a_reset_shows_at_once_behind_the_cache(front: Front) -> None:
    site = front.site
    site.run("feed", "add", "ada@example.org", "--show", "harbour", "--name", "cached")
    words = ("ada@example.org", "--show", "harbour", "--name", "cached")
    path = site.json("feed", "url", *words)["feed"].removeprefix(site.url)
    assert front.get(path).status == 200
    site.run("feed", "rotate", *words, "--yes")
    assert b"was replaced" in front.get(path).body


def test_no_members_page_is_served_to_another_or_to_a_stranger(
    front: Front, browser: Browser
) -> None:
    ada = cookies_of(browser, front.site, "ada@example.org")
    ben = cookies_of(browser, front.site, "ben@example.org")
    for path in ("/me", "/me/account", "/me/listen", "/me/mails", "/me/billing", "/sign-in"):
        for _ in range(2):
            hers, his, nobodys = (
                front.get(path, Cookie=ada), front.get(path, Cookie=ben), front.get(path),
            )  # fmt: skip
            for got in (hers, his, nobodys):
                assert got.headers["X-Cache"] != "HIT", path
            assert b"ben@example.org" not in hers.body
            assert b"ada@example.org" not in his.body
            assert b"@example.org" not in nobodys.body
    assert b"ada@example.org" in front.get("/me/account", Cookie=ada).body


def test_a_member_leaves_nothing_of_theirs_in_a_public_page(front: Front, browser: Browser) -> None:
    ada = cookies_of(browser, front.site, "ada@example.org")
    for path in ("/", "/shows/harbour?fresh=1", "/robots.txt"):
        mine, theirs = front.get(path, Cookie=ada), front.get(path)
        assert mine.headers.get("Set-Cookie") is None
        assert b"ada@example.org" not in theirs.body
        assert mine.body == theirs.body
