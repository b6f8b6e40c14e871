"""`episode add|list|edit|publish|withdraw|replace-audio`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from sqlalchemy.orm import Session

from episodes.audio.facts import AudioFacts
from episodes.audio.probe import probe
from episodes.episodes import (
    create_episode,
    episodes_of,
    find_episode,
    new_episode_key,
    update_episode,
)
from episodes.errors import EpisodeError
from episodes.ingest import (
    attach_audio,
    fields_from_audio,
    listening_order,
    store_cover,
    store_playable,
)
from episodes.models import Episode, Show
from episodes.publishing import publish_episode, status_of, unpublish_episode
from episodes.shows import find_show, find_tier
from podcast_server.cli.context import (
    PARTLY,
    Context,
    Moment,
    console,
    in_zone,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.services import Services, now_utc

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_COLUMNS = {
    "key": "Key",
    "number": "No.",
    "title": "Title",
    "status": "Status",
    "audience": "Audience",
    "publish_at": "Published",
    "public_from": "Public from",
}


@click.group()
def episode() -> None:
    """Episodes: add audio files, list, change, publish and withdraw."""


class Audience(click.ParamType[str]):
    """`free`, `members`, `sale` or `tier:NAME` (several by comma)."""

    name = "audience"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text in {"free", "members", "sale"} or text.startswith("tier:"):
            return text
        return self.fail(f"{text!r}: use free, members, sale or tier:NAME", param, ctx)


def audience_fields(session: Session, show: Show, text: str) -> dict[str, Any]:
    """The episode fields behind an audience word. Raises NotFound for an unknown tier."""
    if not text.startswith("tier:"):
        return {"audience": text, "tier_ids": []}
    names = [name for name in text.removeprefix("tier:").split(",") if name.strip()]
    return {"audience": "tiers", "tier_ids": [find_tier(session, show, n).id for n in names]}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    file: str
    outcome: str  # added or refused
    key: str = ""
    title: str = ""
    message: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddOptions:
    """What the podcaster says about all files of one call."""

    slug: str
    audience: str
    publish_at: datetime | None
    public_at: datetime | None
    spacing: timedelta
    draft: bool


@episode.command("add")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--show", "slug", required=True, help="Which show.")
@click.option("--audience", type=Audience(), default="members", show_default=True)
@click.option("--publish-at", type=Moment(), help="now (default), or a time to come.")
@click.option("--every-days", type=click.IntRange(min=0), default=0, help="Space several out.")
@click.option("--public-at", type=Moment(), help="Members first; everybody from this time.")
@click.option("--draft", is_flag=True, help="Do not publish yet.")
@click.option("--title", help="For a single file: instead of the title in its tags.")
@click.option("--notes", help="For a single file: show notes in Markdown.")
@json_option
@pass_context
def add(
    context: Context,
    files: tuple[Path, ...],
    slug: str,
    audience: str,
    publish_at: datetime | None,
    every_days: int,
    public_at: datetime | None,
    *,
    draft: bool,
    title: str | None,
    notes: str | None,
    as_json: bool,
) -> None:
    """Add audio FILES as episodes of a show, in listening order.

    Title, notes, number, cover and chapters come from the files' tags. A file that cannot
    be used is reported and the others go on (exit code 3).
    """
    if len(files) > 1 and (title or notes):
        raise click.UsageError("--title and --notes are for a single file")
    with context.reading() as session:
        zone = find_show(session, slug).time_zone
    options = AddOptions(
        slug=slug,
        audience=audience,
        publish_at=in_zone(publish_at, zone),
        public_at=in_zone(public_at, zone),
        spacing=timedelta(days=every_days),
        draft=draft,
    )
    own = {name: text for name, text in (("title", title), ("notes", notes)) if text}
    results = add_files(context, list(files), options, own, quiet=as_json)
    if as_json:
        print_json([_plain(result) for result in results])
    else:
        _print_results(results)
    refused = sum(result.outcome == "refused" for result in results)
    if refused:
        raise SystemExit(1 if refused == len(results) else PARTLY)


def add_files(
    context: Context,
    files: list[Path],
    options: AddOptions,
    own_fields: dict[str, Any],
    *,
    quiet: bool,
) -> list[Result]:
    """Probe all files, order them, then store and add each on its own."""
    probed: list[tuple[Path, AudioFacts]] = []
    results: list[Result] = []
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as progress:
        looking = progress.add_task("Looking at the files", total=len(files))
        for path in files:
            try:
                probed.append((path, probe(path)))
            except EpisodeError as error:
                results.append(Result(str(path), "refused", message=str(error)))
            progress.advance(looking)
        progress.update(looking, visible=False)
        for position, (path, facts) in enumerate(listening_order(probed)):
            task = progress.add_task(path.name, total=path.stat().st_size)
            try:
                results.append(
                    _add_one(
                        context,
                        path,
                        facts,
                        options,
                        own_fields,
                        position,
                        lambda count, task=task: progress.advance(task, count),
                    )
                )
            except EpisodeError as error:
                results.append(Result(str(path), "refused", message=str(error)))
    return results


def _add_one(
    context: Context,
    path: Path,
    facts: AudioFacts,
    options: AddOptions,
    own_fields: dict[str, Any],
    position: int,
    advance: Any,
) -> Result:
    services, now = context.services, now_utc()
    with context.reading() as session:
        show_id = find_show(session, options.slug).id
    key = new_episode_key()
    # Stored before the transaction, so that a slow upload never holds the database.
    stored = store_playable(
        services.storage,
        show_id,
        key,
        path,
        facts=facts,
        convert_to=services.settings.ingest.form,
        progress=advance,
    )
    fields = fields_from_audio(facts, path) | own_fields
    fields["artwork_key"] = store_cover(services.storage, show_id, key, facts)
    with context.writing() as session:
        show = find_show(session, options.slug)
        fields |= audience_fields(session, show, options.audience)
        fields["public_at"] = options.public_at
        title = fields.pop("title")
        made = create_episode(session, show, title=title, fields=fields, now=now, key=key)
        attach_audio(session, made, stored, now)
        if not options.draft:
            at = (options.publish_at or now) + options.spacing * position
            publish_episode(session, made, at=at, now=now)
        return Result(
            str(path), "added", key, title, status_of(made, now), tuple(facts.warning_texts)
        )


def _plain(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        "outcome": result.outcome,
        "key": result.key,
        "title": result.title,
        "message": result.message,
        "warnings": list(result.warnings),
    }


def _print_results(results: list[Result]) -> None:
    for result in results:
        if result.outcome == "added":
            line = f"{Path(result.file).name} → “{result.title}” ({result.message}, {result.key})"
            click.echo(f"{click.style('✓', fg='green')} {line}")
        else:
            mark = click.style("✗", fg="red")
            click.echo(f"{mark} {Path(result.file).name}: {result.message}")
        for warning in result.warnings:
            click.echo(f"    ! {warning}")


@episode.command("list")
@click.option("--show", "slug", required=True, help="Which show.")
@json_option
@pass_context
def list_(context: Context, slug: str, *, as_json: bool) -> None:
    """List a show's episodes, drafts first, then newest first."""
    now = now_utc()
    with context.reading() as session:
        rows = [_row(each, now) for each in episodes_of(session, find_show(session, slug).id)]
    empty = f"No episodes yet: podcast-server episode add *.mp3 --show {slug}"
    print_rows(rows, columns=_COLUMNS, empty=empty, as_json=as_json)


def _row(each: Episode, now: datetime) -> dict[str, Any]:
    return {
        "key": each.key,
        "guid": each.guid,
        "number": each.number,
        "title": each.title,
        "status": status_of(each, now),
        "audience": each.audience,
        "publish_at": each.publish_at,
        "public_from": each.public_from,
    }


@episode.command("edit")
@click.argument("key")
@click.option("--title")
@click.option("--notes", help="Show notes in Markdown.")
@click.option("--notes-file", type=_FILE, help="Show notes from a Markdown file.")
@click.option("--number", type=click.IntRange(min=0), help="0 for none.")
@click.option("--season", type=click.IntRange(min=0), help="0 for none.")
@click.option("--type", type=click.Choice(["full", "trailer", "bonus"]))
@click.option("--explicit/--clean", default=None)
@click.option("--audience", type=Audience())
@click.option("--public-at", type=Moment(), help="When everybody may hear it.")
@json_option
@pass_context
def edit(
    context: Context,
    /,
    key: str,
    notes_file: Path | None,
    audience: str | None,
    public_at: datetime | None,
    *,
    as_json: bool,
    **given: Any,
) -> None:
    """Change fields of the episode KEY; what you leave out stays."""
    fields = {name: value for name, value in given.items() if value is not None}
    for name in ("number", "season"):
        if name in fields:
            fields[name] = fields[name] or None
    if notes_file is not None:
        fields["notes"] = notes_file.read_text(encoding="utf-8")
    with context.writing() as session:
        changed = find_episode(session, key)
        show = session.get_one(Show, changed.show_id)
        if audience is not None:
            fields |= audience_fields(session, show, audience)
        if public_at is not None:
            fields["public_at"] = in_zone(public_at, show.time_zone)
        if not fields:
            raise click.UsageError("nothing to change: give at least one option")
        update_episode(session, changed, fields, now_utc())
        row = _row(changed, now_utc())
    if as_json:
        print_json(row)
    else:
        click.echo(f"Changed {', '.join(sorted(fields))} of “{row['title']}”.")


@episode.command("publish")
@click.argument("key")
@click.option("--at", type=Moment(), default="now", show_default=True)
@pass_context
def publish(context: Context, key: str, at: datetime) -> None:
    """Publish the episode KEY now or at a time to come."""
    now = now_utc()
    with context.writing() as session:
        found = find_episode(session, key)
        zone = session.get_one(Show, found.show_id).time_zone
        publish_episode(session, found, at=in_zone(at, zone) or now, now=now)
        status, title = status_of(found, now), found.title
    click.echo(f"“{title}” is {status}.")


@episode.command("withdraw")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def withdraw(context: Context, key: str, *, yes: bool) -> None:
    """Take the episode KEY out of all feeds. `publish` brings it back as it was."""
    with context.reading() as session:
        title = find_episode(session, key).title
    if not yes:
        click.confirm(f"Take “{title}” out of all feeds?", abort=True)
    with context.writing() as session:
        unpublish_episode(session, find_episode(session, key), state="withdrawn", now=now_utc())
    click.echo(f"“{title}” is withdrawn. `podcast-server episode publish {key}` brings it back.")


@episode.command("replace-audio")
@click.argument("key")
@click.argument("file", type=_FILE)
@pass_context
def replace_audio(context: Context, key: str, file: Path) -> None:
    """Give the episode KEY new audio; its guid, address and numbers stay."""
    with context.reading() as session:
        found = find_episode(session, key)
        show_id, episode_key, title = found.show_id, found.key, found.title
    _replace(context.services, context, show_id, episode_key, file)
    click.echo(f"“{title}” has new audio.")


def _replace(
    services: Services, context: Context, show_id: int, episode_key: str, file: Path
) -> None:
    stored = store_playable(
        services.storage,
        show_id,
        episode_key,
        file,
        facts=probe(file),
        convert_to=services.settings.ingest.form,
    )
    with context.writing() as session:
        attach_audio(session, find_episode(session, episode_key), stored, now_utc())
