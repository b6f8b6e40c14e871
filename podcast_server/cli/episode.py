"""`episode list|edit|publish|withdraw|preview|replace-audio`; `add` has a module of its own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from episodes.audio.probe import probe
from episodes.episodes import (
    episodes_of,
    find_episode,
    update_episode,
)
from episodes.history import keeping
from episodes.ingest import (
    attach_audio,
    store_playable,
)
from episodes.models import Episode, Show, Transcript
from episodes.previews import attach_preview, read_clock, remove_preview, store_preview
from episodes.publishing import publish_episode, status_of, unpublish_episode
from episodes.shows import find_show
from episodes.sidecars import (
    attach_chapters,
    attach_transcript,
    read_small,
    store_transcript,
)
from podcast_server.cli.audience import Audience, audience_fields
from podcast_server.cli.context import (
    Context,
    Moment,
    in_zone,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.cli.episode_add import add
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


episode.add_command(add)


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
@click.option("--transcript", type=_FILE, help="VTT, SRT, JSON or text.")
@click.option("--chapters", type=_FILE, help="A JSON Chapters file.")
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
    transcript: Path | None,
    chapters: Path | None,
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
    stored = _store_transcript(context, key, transcript)
    with context.writing() as session:
        changed = find_episode(session, key)
        show = session.get_one(Show, changed.show_id)
        if audience is not None:
            fields |= audience_fields(session, show, audience)
        if public_at is not None:
            fields["public_at"] = in_zone(public_at, show.time_zone)
        files = {"transcript": transcript, "chapters": chapters}
        said = [*fields, *(name for name, path in files.items() if path is not None)]
        if not said:
            raise click.UsageError("nothing to change: give at least one option")
        with keeping(session, changed, by="cli", now=now_utc()):
            update_episode(session, changed, fields, now_utc())
            if stored is not None:
                attach_transcript(session, changed, stored, now_utc())
            if chapters is not None:
                attach_chapters(session, changed, read_small(chapters), now_utc())
        row = _row(changed, now_utc())
    if as_json:
        print_json(row)
    else:
        click.echo(f"Changed {', '.join(sorted(said))} of “{row['title']}”.")


def _store_transcript(context: Context, key: str, path: Path | None) -> Transcript | None:
    """Store a transcript for an episode; None where none is given."""
    if path is None:
        return None
    with context.reading() as session:
        found = find_episode(session, key)
        show = session.get_one(Show, found.show_id)
    return store_transcript(
        context.services.storage,
        show.id,
        found.key,
        name=path.name,
        data=read_small(path),
        language=show.language,
    )


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


@episode.command("preview")
@click.argument("key")
@click.option("--from", "start", default="0:00", show_default=True, help="Where it begins.")
@click.option("--to", "end", default="1:30", show_default=True, help="Where it ends.")
@click.option("--remove", is_flag=True, help="Have none any more.")
@pass_context
def preview(context: Context, key: str, start: str, end: str, *, remove: bool) -> None:
    """Let everybody hear a part of the members' episode KEY.

    New audio gets the same part by itself. `show edit --preview-minutes` has the first minutes
    of every members' episode cut.
    """
    with context.reading() as session:
        found = find_episode(session, key)
        show_id, episode_key, title, audio = found.show_id, found.key, found.title, found.audio
    if remove:
        with context.writing() as session:
            found = find_episode(session, episode_key)
            with keeping(session, found, by="cli", now=now_utc()):
                remove_preview(session, found, now_utc())
        click.echo(f"“{title}” has no preview.")
        return
    if audio is None:
        raise click.UsageError(f"“{title}” has no audio yet")
    begin, stop = read_clock(start), read_clock(end)
    storage = context.services.storage
    stored = store_preview(storage, show_id, episode_key, audio, start=begin, end=stop)
    with context.writing() as session:
        found, part = find_episode(session, episode_key), (begin, stop)
        with keeping(session, found, by="cli", now=now_utc()):
            attach_preview(session, found, stored, now_utc(), of=audio, chosen=part)
    click.echo(f"“{title}” has a preview of {stored.facts.duration_seconds:.0f} s.")


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
        found = find_episode(session, episode_key)
        with keeping(session, found, by="cli", now=now_utc()):
            attach_audio(session, found, stored, now_utc())
