"""`import feed`: a show from another host, looked at first and then copied."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from episodes.errors import EpisodeError
from episodes.rss_import.desk import Desk
from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.imports import (
    CLAIM_HOLDS,
    begin_import,
    find_import,
    forget_import,
    items_of,
    list_imports,
    pause_import,
    resume_import,
    start_copying,
)
from episodes.rss_import.models import FeedImport, FeedImportItem
from episodes.rss_import.run import claim, copy, look_at, work_on
from episodes.rss_import.source import Source, source_from
from episodes.shows import find_show
from podcast_server.cli.audience import Audience, audience_fields
from podcast_server.cli.context import (
    PARTLY,
    Context,
    console,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.moving.costs import storage_cost

SHOWN = 10  # items that are listed one by one


@click.command("feed")
@click.argument("source")
@click.option("--into", "slug", help="The show that takes the episodes in (default: a new one).")
@click.option("--audience", type=Audience(), default="members", show_default=True)
@click.option("--user", default="", help="Name for a feed behind name and password; asks for it.")
@click.option("--dry-run", is_flag=True, help="Only look.")
@click.option("--mirror", is_flag=True, help="Go on following the feed until the switch.")
@click.option("--mine", is_flag=True, help="This show is mine, even if its feed is locked.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_context
def feed(
    context: Context,
    source: str,
    slug: str | None,
    audience: str,
    user: str,
    *,
    dry_run: bool,
    mirror: bool,
    mine: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Bring a show over from SOURCE: a feed's address, or a file.

    Shows first what would come. `@FILE` reads the address from a file, so that the token of a
    private feed is in no shell history. Run it again and only what is new comes.
    """
    if audience.startswith("tier:") and not slug:
        raise click.UsageError("a new show has no tiers yet: name one with --into, or leave it")
    desk = open_desk(context.services)
    key = _begin(context, desk, source, slug, user)
    try:
        look_at(desk, key)
    except EpisodeError:
        _put_back(context, key)
        raise
    found, items = _standing(context, key)
    if dry_run:
        _put_back(context, key)
        _show_look(found, items, as_json=as_json)
        return
    if not as_json:
        _show_look(found, items, as_json=False)
    _ask_whether(context, found, items, mine=mine, yes=yes or as_json)
    with context.writing() as session:
        fields: dict[str, Any] = {"audience": audience}
        if slug:
            fields = audience_fields(session, find_show(session, slug), audience)
        start_copying(session, find_import(session, key), fields, desk.clock(), mirror=mirror)
    claim(desk, key)
    _copy(context, desk, key, quiet=as_json)
    _report(context, key, as_json=as_json)


def _begin(context: Context, desk: Desk, text: str, slug: str | None, user: str) -> str:
    source, document = _source(text, user)
    with context.writing() as session:
        show = find_show(session, slug) if slug else None
        begun = begin_import(
            session,
            source=source,
            document=document,
            vault=desk.vault,
            now=desk.clock(),
            show=show,
        )
        begun.claimed_at = desk.clock()  # ours: the worker of a running server keeps off
        return begun.key


def _source(text: str, user: str) -> tuple[Source | None, bytes | None]:
    try:
        if text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8").strip()
        elif Path(text).is_file():
            return None, Path(text).read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"{text.lstrip('@')}: cannot be read") from error
    password = click.prompt("Password", hide_input=True, err=True) if user else ""
    return source_from(text, user, password), None


def _standing(context: Context, key: str) -> tuple[FeedImport, list[FeedImportItem]]:
    with context.reading() as session:
        found = find_import(session, key)
        return found, items_of(session, found)


def _put_back(context: Context, key: str) -> None:
    """Leave no trace of having looked; an earlier import of the feed stays as it was."""
    with context.writing() as session:
        found = find_import(session, key)
        if found.show_id is None or not any(
            item.state == "copied" for item in items_of(session, found)
        ):
            forget_import(session, found)
        else:
            found.state, found.claimed_at = "done", None


def _show_look(found: FeedImport, items: list[FeedImportItem], *, as_json: bool) -> None:
    new = [item for item in items if item.state == "new"]
    if as_json:
        print_json(_plain(found, items))
        return
    click.secho(found.title or "(no title)", bold=True)
    here = sum(item.state == "here" for item in items)
    size = sum(item.size for item in new)
    click.echo(f"{len(new)} episodes would come, {_size(size)}" + _unknown(new) + ".")
    if size:
        click.echo(f"Storing them costs {storage_cost(size)} a month on S3.")
    if here:
        click.echo(f"{here} are here already.")
    for item in [item for item in items if item.state == "unusable"][:SHOWN]:
        click.echo(f"{click.style('✗', fg='red')} {item.title}: {item.reason}")
    for warning in found.warnings:
        click.echo(f"! {warning}")


def _unknown(new: list[FeedImportItem]) -> str:
    unknown = sum(not item.size for item in new)
    return f", and {unknown} of unknown size" if unknown else ""


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _ask_whether(
    context: Context, found: FeedImport, items: list[FeedImportItem], *, mine: bool, yes: bool
) -> None:
    locked = any("locked" in warning for warning in found.warnings)
    if locked and not mine:
        _put_back(context, found.key)
        raise ImportRefused("the feed is locked: say --mine if the show is yours")
    anything = any(item.state == "new" for item in items)
    if anything and not yes and not click.confirm("Bring them over?", default=True, err=True):
        _put_back(context, found.key)
        raise click.Abort


class _Bar:
    """Shows how many bytes have come, and what became of each episode."""

    def __init__(self, progress: Progress, task: TaskID, total: int) -> None:
        self._progress = progress
        self._task = task
        self._there: dict[str, int] = {}
        progress.update(task, total=total or None)

    def arrived(self, guid: str, there: int) -> None:
        """Called by the threads that fetch."""
        self._there[guid] = there
        self._progress.update(self._task, completed=sum(tuple(self._there.values())))

    def settled(self, title: str, state: str, reason: str) -> None:
        """A line for what was refused; what came needs none."""
        if state == "refused":
            console.print(Text.assemble(("✗", "red"), f" {title}: {reason}"))


def _copy(context: Context, desk: Desk, key: str, *, quiet: bool) -> None:
    _found, items = _standing(context, key)
    total = sum(item.size for item in items if item.state == "new")
    columns = (TextColumn("Copying"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(
        *columns, console=console, transient=True, disable=quiet or not console.is_terminal
    ) as progress:
        bar = _Bar(progress, progress.add_task("Copying", total=None), total)
        try:
            copy(desk, key, bar)
        except EpisodeError as error:
            with context.writing() as session:
                found = find_import(session, key)
                found.state, found.reason, found.claimed_at = "failed", str(error), None
            raise
        except KeyboardInterrupt:
            with context.writing() as session:
                pause_import(find_import(session, key), desk.clock())
                find_import(session, key).claimed_at = None
            click.echo(f"Stopped. `podcast-server import resume {key}` goes on.", err=True)
            raise


def _report(context: Context, key: str, *, as_json: bool) -> None:
    found, items = _standing(context, key)
    if as_json:
        print_json(_plain(found, items))
    else:
        copied = sum(item.state == "copied" for item in items)
        click.echo(f"{click.style('✓', fg='green')} {copied} episodes of “{found.title}” are here.")
        for item in items:
            for warning in item.warnings:
                click.echo(f"    ! {item.title}: {warning}")
        if found.mirror:
            click.echo("New episodes of the feed will be brought over while the server runs.")
    if found.state == "failed":
        click.echo(f"{found.reason} (`podcast-server import resume {key}`)", err=True)
    if any(item.state in {"refused", "unusable"} for item in items) or found.state == "failed":
        raise SystemExit(PARTLY)


def _plain(found: FeedImport, items: list[FeedImportItem]) -> dict[str, Any]:
    return {
        "key": found.key,
        "title": found.title,
        "state": found.state,
        "reason": found.reason,
        "warnings": found.warnings,
        "bytes": sum(item.size for item in items if item.state in {"new", "copied"}),
        "episodes": [
            {
                "title": item.title,
                "guid": item.guid,
                "published": item.published,
                "bytes": item.size,
                "state": item.state,
                "reason": item.reason,
                "warnings": item.warnings,
            }
            for item in items
        ],
    }


@click.command("feeds")
@json_option
@pass_context
def feeds(context: Context, *, as_json: bool) -> None:
    """List the feeds that were or are brought over."""
    with context.reading() as session:
        rows = [
            {
                "key": each.key,
                "title": each.title,
                "host": each.host,
                "state": each.state,
                "mirror": "follows" if each.mirror else "",
                "reason": each.reason,
            }
            for each in list_imports(session)
        ]
    columns = {"key": "Key", "title": "Show", "host": "From", "state": "State", "mirror": "Mirror"}
    print_rows(
        rows,
        columns=columns | {"reason": "Reason"},
        empty="Nothing was brought over yet: `podcast-server import feed ADDRESS`.",
        as_json=as_json,
    )


@click.command("resume")
@click.argument("key")
@pass_context
def resume(context: Context, key: str) -> None:
    """Go on with an import that was stopped or failed."""
    desk = open_desk(context.services)
    with context.writing() as session:
        resume_import(find_import(session, key), desk.clock())
    if not _claim_soon(desk, key):
        click.echo("The running server is at it already.")
        return
    with context.reading() as session:
        state = find_import(session, key).state
    if state == "copying":
        _copy(context, desk, key, quiet=False)
    else:
        work_on(desk, key)
    _report(context, key, as_json=False)


def _claim_soon(desk: Desk, key: str) -> bool:
    """Claim it, waiting as long as the sign of life of a run that was killed holds."""
    until = time.monotonic() + CLAIM_HOLDS.total_seconds() + 1
    while not claim(desk, key):
        if time.monotonic() > until:
            return False
        time.sleep(1)
    return True


@click.command("stop")
@click.argument("key")
@pass_context
def stop(context: Context, key: str) -> None:
    """Stop an import after the files in hand, and stop following its feed."""
    desk = open_desk(context.services)
    with context.writing() as session:
        pause_import(find_import(session, key), desk.clock())
    click.echo(f"Stopped. `podcast-server import resume {key}` goes on.")
