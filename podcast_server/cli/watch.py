"""`watch`: files that appear in a folder or a bucket become episodes."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from episodes.audio.probe import probe
from episodes.ingest import find_taken
from episodes.shows import find_show
from episodes.storage.address import SCHEME, bucket_settings
from episodes.storage.choose import open_foreign
from podcast_server.cli.audience import Audience, audience_fields
from podcast_server.cli.context import PARTLY, Context, pass_context
from podcast_server.cli.episode_add import AddOptions, Result, add_one, print_results
from podcast_server.services import storage_settings
from podcast_server.watching.bucket import Bucket
from podcast_server.watching.errors import WatchError
from podcast_server.watching.folder import Folder, alone_in
from podcast_server.watching.inbox import Inbox
from podcast_server.watching.loop import Settling, Watch


@click.command()
@click.argument("place")
@click.option("--show", "slug", required=True, help="Which show.")
@click.option("--audience", type=Audience(), default="members", show_default=True)
@click.option("--publish", type=click.Choice(["draft", "now"]), default="draft", show_default=True)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=5,
    show_default=True,
    help="Seconds a file must stay the same to count as complete.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=2,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--once", is_flag=True, help="Take what is there, and end.")
@pass_context
def watch(
    context: Context,
    place: str,
    slug: str,
    audience: str,
    publish: str,
    settle: float,
    interval: float,
    *,
    once: bool,
) -> None:
    """Make episodes of the audio files that appear in PLACE, a folder or s3://bucket/prefix.

    Transcripts and chapters beside them come along as with `episode add`: put them there first.
    Files go to done/ afterwards, or to refused/ with a text saying why. Ends on Ctrl-C or SIGTERM.
    """
    with context.reading() as session:
        audience_fields(session, find_show(session, slug), audience)
    options = AddOptions(
        slug=slug,
        audience=audience,
        publish_at=None,
        public_at=None,
        spacing=timedelta(),
        draft=publish == "draft",
    )
    told = _Told()
    with _inbox(context, place) as inbox, _stopped_by_signals() as stop:
        watched = Watch(
            inbox, _taker(context, options), told, Settling(settle), stop, time.monotonic
        )
        if once:
            watched.run_once()
        else:
            click.echo(f"Watching {place}; Ctrl-C ends.")
            watched.run(interval)
    if once and told.troubles:
        raise SystemExit(PARTLY)


class _Told:
    """Prints what becomes of the files; the same trouble only once in a row."""

    def __init__(self) -> None:
        self.troubles = 0
        self._last: dict[str, str] = {}

    def refused(self, name: str, reason: str) -> None:
        self.troubles += 1
        print_results([Result(name, "refused", message=reason)])

    def waits(self, name: str, reason: str) -> None:
        self.troubles += 1
        if self._last.get(name) != reason:
            self._last[name] = reason
            click.echo(f"{name or 'The place'} waits: {reason}", err=True)


def _taker(context: Context, options: AddOptions) -> Callable[[Path], None]:
    def take(path: Path) -> None:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with context.reading() as session:
            known = find_taken(session, find_show(session, options.slug).id, sha256)
        if known is not None:
            click.echo(f"{path.name} is “{known.title}” already ({known.key})")
            return
        print_results([add_one(context, path, probe(path), options, {}, 0, lambda _count: None)])

    return take


@contextmanager
def _inbox(context: Context, place: str) -> Iterator[Inbox]:
    if place.startswith(SCHEME):
        own = storage_settings(context.settings)
        settings = bucket_settings(place, own, own)
        yield Bucket(open_foreign(settings), context.settings.data)
        return
    folder = Path(place)
    if not folder.is_dir():
        raise WatchError(f"{place} is no folder")
    with alone_in(folder):
        yield Folder(folder)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM: the file at hand is finished first."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
