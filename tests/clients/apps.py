"""Three podcast clients as a test drives them: subscribe, refresh, look what is there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

from tests.running import PATIENCE


class App(Protocol):
    """A podcast client with a home folder of its own."""

    shows_entries: bool  # whether it lists what has no audio too
    # Whether it lists, but does not fetch by itself, what is a week older than the newest known.
    fetches_news_only: bool

    def subscribe(self, address: str) -> None:
        """Add a feed."""

    def refresh(self) -> str:
        """Fetch the feeds and download what is new; what the client complained about."""

    def titles(self) -> set[str]:
        """The entries it lists."""

    def audio(self) -> set[bytes]:
        """The files it has downloaded."""


def run(program: str, *words: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a client's program; fails, never skips, where it is missing."""
    found = shutil.which(program)
    assert found, f"{program} is missing: `make system` installs it"
    return subprocess.run(
        [found, *words],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


def audio_in(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in folder.rglob("*.mp3")}


class GPodder:
    """gPodder's command line."""

    shows_entries = False
    fetches_news_only = True

    def __init__(self, home: Path) -> None:
        self._downloads = home / "downloads"
        self._environ = {
            "HOME": str(home),
            "GPODDER_HOME": str(home / "gpodder"),
            "GPODDER_DOWNLOAD_DIR": str(self._downloads),
        }

    def subscribe(self, address: str) -> None:
        done = run("gpo", "subscribe", address, environ=self._environ)
        assert "Successfully added" in done.stdout

    def refresh(self) -> str:
        updated = run("gpo", "update", environ=self._environ)
        downloaded = run("gpo", "download", environ=self._environ)
        told = (
            updated.stdout + updated.stderr + downloaded.stdout + downloaded.stderr
        ).splitlines()
        complaints = [line for line in told if "error" in line.lower() or "fail" in line.lower()]
        # It logs this of every entry without audio, such as a notice, and goes on.
        return "\n".join(line for line in complaints if "Report this feed" not in line)

    def titles(self) -> set[str]:
        listed = run("gpo", "episodes", environ=self._environ).stdout.splitlines()
        # "  1.  *  Title", with a mark for the episode's state
        return {line.split(". ", 1)[1].lstrip(" *-").strip() for line in listed if ". " in line}

    def audio(self) -> set[bytes]:
        return audio_in(self._downloads)


class Newsboat:
    """newsboat reads the feeds, podboat, which needs a terminal, downloads."""

    shows_entries = True
    fetches_news_only = False

    def __init__(self, home: Path) -> None:
        self._home, self._downloads = home, home / "downloads"
        self._config = home / "config"
        self._config.write_text(
            f'podcast-auto-enqueue yes\ndownload-path "{self._downloads}"\n'
            f'error-log "{home}/errors"\n'
        )
        (home / ".newsboat").mkdir()
        self._environ = {"HOME": str(home)}

    def subscribe(self, address: str) -> None:
        with (self._home / "urls").open("a") as file:
            file.write(address + "\n")

    def refresh(self) -> str:
        told = self.reload()
        self._download()
        return told

    def reload(self) -> str:
        """Fetch the feeds alone; what newsboat complained about."""
        done = run(
            *("newsboat", "-q", "-x", "reload", "-C", str(self._config)),
            *("-u", str(self._home / "urls"), "-c", str(self._home / "cache.db")),
            environ=self._environ,
        )
        errors = self._home / "errors"
        return done.stderr.partition("XDG")[0] + (errors.read_text() if errors.exists() else "")

    def _download(self) -> None:
        queue = self._home / ".newsboat" / "queue"
        wanted = len(queue.read_text().splitlines()) if queue.exists() else 0
        server = f"podboat-{os.getpid()}"
        terminal = ["tmux", "-L", server]
        podboat = f"env HOME={self._home} podboat -C {self._config} -q {queue} -a"
        subprocess.run([*terminal, "new-session", "-d", podboat], check=True, timeout=PATIENCE)
        try:
            deadline = time.monotonic() + PATIENCE
            while len(self.audio()) < wanted and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            subprocess.run([*terminal, "kill-server"], timeout=PATIENCE)

    def titles(self) -> set[str]:
        with closing(sqlite3.connect(self._home / "cache.db")) as cache:
            return {title for (title,) in cache.execute("SELECT title FROM rss_item")}

    def audio(self) -> set[bytes]:
        return audio_in(self._downloads)


class Podget:
    """podget, a shell script around wget, as cron runs it."""

    shows_entries = False
    fetches_news_only = False

    def __init__(self, home: Path) -> None:
        self._home = home
        (home / "library").mkdir()
        (home / "podgetrc").write_text(
            "# Podget configuration file created by version 0.9.0\n"
            f"DIR_SESSION={home}/session\nDIR_LIBRARY={home}/library\nDIR_LOG={home}/log\n"
            "CONFIG_SERVERLIST=serverlist\nLOG_COMPLETE=done\nLOG_FAIL=errors\n"
            'MOST_RECENT=0\nCLEANUP=0\nMIN_SPACE=0\nWGET_BASEOPTS="-c --timeout=30"\n'
        )

    def subscribe(self, address: str) -> None:
        with (self._home / "serverlist").open("a") as file:
            file.write(f"{address} Podcasts Harbour\n")

    def refresh(self) -> str:
        done = run("podget", "-d", str(self._home), environ={"HOME": str(self._home)})
        failed = (self._home / "log" / "errors").read_text()
        return failed + ("" if done.returncode == 0 else done.stdout + done.stderr)

    def titles(self) -> set[str]:
        raise NotImplementedError("podget lists nothing")

    def audio(self) -> set[bytes]:
        return audio_in(self._home / "library")
