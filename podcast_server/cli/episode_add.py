"""`episode add`: many files at once, each on its own feet."""

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
from episodes.episodes import create_episode, new_episode_key
from episodes.errors import EpisodeError
from episodes.ingest import (
    StoredAudio,
    attach_audio,
    fields_from_audio,
    listening_order,
    store_cover,
    store_playable,
)
from episodes.models import Episode, Transcript
from episodes.publishing import publish_episode, status_of
from episodes.shows import find_show
from episodes.sidecars import (
    attach_chapters,
    attach_transcript,
    chapters_beside,
    read_small,
    store_transcript,
    transcript_beside,
)
from episodes.storage.base import Storage
from podcast_server.cli.audience import Audience, audience_fields
from podcast_server.cli.context import (
    PARTLY,
    Context,
    Moment,
    console,
    in_zone,
    json_option,
    pass_context,
    print_json,
)
from podcast_server.services import now_utc

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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


@click.command("add")
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

    Title, notes, number, cover and chapters come from the files' tags; a transcript from
    talk.vtt, .srt, .json or .txt beside talk.mp3, chapters from talk.chapters.json. A file that
    cannot be used is reported and the others go on (exit code 3).
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
        print_results(results)
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
        TextColumn("{task.description}", markup=False),
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
                    add_one(
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


@dataclass(slots=True)
class _Beside:
    """What lies beside an audio file. A bad one costs a warning, not the episode."""

    transcript: Path | None
    chapters: Path | None
    warnings: list[str]

    @classmethod
    def of(cls, audio: Path) -> _Beside:
        return cls(transcript_beside(audio), chapters_beside(audio), [])

    def store(self, storage: Storage, show_id: int, key: str, language: str) -> Transcript | None:
        if self.transcript is None:
            return None
        name, data = self.transcript.name, read_small(self.transcript)
        try:
            return store_transcript(storage, show_id, key, name=name, data=data, language=language)
        except EpisodeError as error:
            self.warnings.append(f"{name} is not used: {error}")
            return None

    def attach(
        self, session: Session, episode: Episode, transcript: Transcript | None, now: datetime
    ) -> None:
        if transcript is not None:
            attach_transcript(session, episode, transcript, now)
        if self.chapters is not None:
            try:
                attach_chapters(session, episode, read_small(self.chapters), now)
            except EpisodeError as error:
                self.warnings.append(f"{self.chapters.name} is not used: {error}")


def add_one(
    context: Context,
    path: Path,
    facts: AudioFacts,
    options: AddOptions,
    own_fields: dict[str, Any],
    position: int,
    advance: Any,
) -> Result:
    """Store one probed file and make an episode of it. Raises EpisodeError."""
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
    beside = _Beside.of(path)
    with context.reading() as session:
        language = find_show(session, options.slug).language
    transcript = beside.store(services.storage, show_id, key, language)
    with context.writing() as session:
        show = find_show(session, options.slug)
        fields |= audience_fields(session, show, options.audience)
        fields["public_at"] = options.public_at
        title = fields.pop("title")
        made = create_episode(session, show, title=title, fields=fields, now=now, key=key)
        attach_audio(session, made, stored, now)
        beside.attach(session, made, transcript, now)
        if not options.draft:
            at = (options.publish_at or now) + options.spacing * position
            publish_episode(session, made, at=at, now=now)
        return Result(
            str(path),
            "added",
            key,
            title,
            status_of(made, now),
            (*_warnings(facts, stored), *beside.warnings),
        )


def _warnings(facts: AudioFacts, stored: StoredAudio) -> tuple[str, ...]:
    if stored.original_key is None:
        return tuple(facts.warning_texts)
    done = f"converted from {facts.format} to {stored.facts.format}; the original is kept"
    return (done, *stored.facts.warning_texts)


def _plain(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        "outcome": result.outcome,
        "key": result.key,
        "title": result.title,
        "message": result.message,
        "warnings": list(result.warnings),
    }


def print_results(results: list[Result]) -> None:
    """Say for people what became of each file."""
    for result in results:
        if result.outcome == "added":
            line = f"{Path(result.file).name} → “{result.title}” ({result.message}, {result.key})"
            click.echo(f"{click.style('✓', fg='green')} {line}")
        else:
            mark = click.style("✗", fg="red")
            click.echo(f"{mark} {Path(result.file).name}: {result.message}")
        for warning in result.warnings:
            click.echo(f"    ! {warning}")
