"""`import members`: people from the table that another host exports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress as Bar
from sqlalchemy import select

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
from podcast_server.jobs.imports import desk_of, hosts_here
from podcast_server.moving.members.apply import carry_on
from podcast_server.moving.members.columns import entries
from podcast_server.moving.members.errors import TableRefused
from podcast_server.moving.members.imports import (
    Table,
    begin_import,
    find_import,
    grounds_of,
    progress_of,
    read_table,
)
from podcast_server.moving.members.models import ImportedRow
from podcast_server.moving.members.presets import FIELDS, PRESETS
from podcast_server.moving.members.read import MOST_BYTES
from podcast_server.moving.members.report import table_of
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.verdicts import REASONS, WORDS, Totals, Verdict, judge
from podcast_server.services import now_utc

_SHOWN = 20
TITLES = {
    "new": "new members",
    "renewed": "were members once, and are again",
    "member": "are members already",
    "skipped": "skipped",
    "refused": "refused",
}


@click.command("members")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--plan", "plans", multiple=True, help="The plan everybody gets, by its slug.")
@click.option("--show", "shows", multiple=True, help="Or the show everybody may hear: SHOW/TIER.")
@click.option("--tier", "tiers", multiple=True, help="“NAME=plan:SLUG”, “NAME=show:SLUG”, =skip.")
@click.option("--column", "columns", multiple=True, help="“FIELD=Column”, where it is not found.")
@click.option("--preset", default="auto", help="Whose export it is; empty: nobody's known.")
@click.option("--until", type=Moment(), help="The end for those without a date in the file.")
@click.option("--day-first", is_flag=True, help="Read 03/04/2026 as the third of April.")
@click.option("--no-adopt", is_flag=True, help="Leave Stripe subscriptions alone.")
@click.option("--old-path", default="", help="For a column of bare tokens: “/feed/{}”.")
@click.option("--report", type=click.Path(path_type=Path), help="Write all verdicts as CSV.")
@click.option("--dry-run/--apply", default=True, help="Only say what would happen (the default).")
@json_option
@pass_context
def members(
    context: Context,
    file: Path,
    plans: tuple[str, ...],
    shows: tuple[str, ...],
    tiers: tuple[str, ...],
    columns: tuple[str, ...],
    preset: str,
    until: datetime | None,
    old_path: str,
    report: Path | None,
    *,
    day_first: bool,
    no_adopt: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring members over from FILE, the table (CSV) that their host exports.

    Known by their columns: Patreon, Supercast, Memberful, Substack, Stripe (customers and
    subscriptions). Run with --apply again after an interruption: nothing is given twice.
    """
    choices = Choices(
        default=_default(plans, shows),
        tiers=_pairs(tiers, "--tier"),
        columns=_pairs(columns, "--column"),
        until=in_zone(until, "UTC"),
        adopt=not no_adopt,
        day_first=day_first,
        old_path=_template(old_path),
        preset=preset,
    )
    data = _read(file)
    table = read_table(data, choices)
    if dry_run:
        _dry_run(context, table, choices, report, as_json=as_json)
    else:
        _apply(context, data, choices, file.name, report, as_json=as_json)


def _default(plans: tuple[str, ...], shows: tuple[str, ...]) -> str:
    wanted = [f"plan:{slug}" for slug in plans] + [f"show:{slug}" for slug in shows]
    if len(wanted) > 1:
        raise click.UsageError("give one --plan or one --show; use --tier for several")
    return wanted[0] if wanted else ""


def _pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=") if option == "--tier" else text.partition("=")
        if not equals:
            raise click.UsageError(f"{option} needs NAME=VALUE, not “{text}”")
        pairs[name.strip()] = value.strip()
    return pairs


def _template(text: str) -> str:
    if text and ("{}" not in text or not text.startswith("/")):
        raise click.UsageError("--old-path is a path with {} where the token stood: /feed/{}")
    return text


def _read(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise TableRefused(f"the file is larger than {MOST_BYTES // 1024 // 1024} MB: split it")
    return file.read_bytes()


def _dry_run(
    context: Context, table: Table, choices: Choices, report: Path | None, *, as_json: bool
) -> None:
    now, totals = now_utc(), Totals()
    kept: list[Verdict] = []
    with context.reading() as session:
        grounds = grounds_of(session, desk_of(context.services), table, choices, now)
        for verdict in judge(session, entries(table.sheet, table.columns), grounds):
            totals.add(verdict)
            if report is not None or as_json or len(kept) < _SHOWN:
                kept.append(verdict)
    if report is not None:
        report.write_text(table_of(kept), encoding="utf-8")
    if as_json:
        print_json(_as_json(table, totals, kept))
        return
    click.secho(_title(table), bold=True)
    for verdict in kept[:_SHOWN]:
        click.echo(_line(verdict))
    if table.sheet.size > _SHOWN:
        click.echo(f"  … {table.sheet.size - _SHOWN} more rows: --report FILE writes all")
    _print_totals(totals)
    for name in totals.strange_hosts(hosts_here(context.services)):
        click.echo(f"{'':>7} They were at {name}: if that name is yours, point it at this server")
        click.echo(f"{'':>7} and add it to [site] old_hosts.")
    click.echo("\nNothing was changed. Run it again with --apply to bring them over.")


def _title(table: Table) -> str:
    whose = "a table of its own kind" if table.preset is None else table.preset.title
    used = ", ".join(
        f"{field} from “{names[0]}”" for field, names in table.columns.items() if names
    )
    return f"{whose}: {used}"


def _line(verdict: Verdict) -> str:
    until = "" if verdict.ends_at is None else f" until {verdict.ends_at:%Y-%m-%d}"
    if verdict.adopts:
        until = ", with their payments"
    why = f": {REASONS[verdict.reason]}" if verdict.reason else until
    detail = f" “{verdict.detail}”" if verdict.detail else ""
    who = verdict.email or verdict.entry.email or "(nobody)"
    return f"  line {verdict.entry.number}: {who} {verdict.word}{why}{detail}"


def _print_totals(totals: Totals) -> None:
    click.echo()
    for word in WORDS:
        if totals.words[word]:
            click.echo(f"{totals.words[word]:>7} {TITLES[word]}")
    for reason, count in totals.reasons.most_common():
        click.echo(f"{'':>7} {count} × {REASONS[reason]}")
    for tier, count in totals.unknown_tiers.most_common(20):
        click.echo(f'{"":>7} {count} × tier “{tier}”: --tier "{tier}=plan:…"')
    if totals.adopted:
        click.echo(f"{totals.adopted:>7} come with their payments: nothing is billed anew")
    if totals.endless:
        click.echo(f"{totals.endless:>7} have no end in the file: for ever, or give --until")
    if totals.old_feeds:
        click.echo(f"{totals.old_feeds:>7} old feed addresses that will lead to the new feed")


def _as_json(table: Table, totals: Totals, kept: Iterable[Verdict]) -> dict[str, Any]:
    return {
        "preset": "" if table.preset is None else table.preset.key,
        "columns": {field: names[0] for field, names in table.columns.items() if names},
        "totals": dict(totals.words),
        "reasons": dict(totals.reasons),
        "tiers": table.tiers(),
        "rows": [
            {
                "line": verdict.entry.number,
                "email": verdict.email or verdict.entry.email,
                "verdict": verdict.word,
                "reason": REASONS[verdict.reason],
                "until": verdict.ends_at,
                "payments": verdict.adopts,
            }
            for verdict in kept
        ],
    }


def _apply(
    context: Context,
    data: bytes,
    choices: Choices,
    name: str,
    report: Path | None,
    *,
    as_json: bool,
) -> None:
    desk, now = desk_of(context.services), now_utc()
    with context.writing() as session:
        grounds_of(session, desk, read_table(data, choices), choices, now)  # or say what is wrong
        begun = begin_import(session, data, choices, file_name=name, by="cli", now=now)
        number, applied = begun.id, begun.state == "applied"
    with Bar(console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task(f"Import {number}", total=None)
        carry_on(desk, number, now, lambda done, rows: bar.update(task, completed=done, total=rows))
    with context.reading() as session:
        progress = progress_of(session, find_import(session, number))
        wanted = select(ImportedRow).where(ImportedRow.import_id == number)
        if report is not None:
            rows = session.scalars(wanted.order_by(ImportedRow.number))
            report.write_text(table_of(rows), encoding="utf-8")
    problems = progress.states["problem"]
    if as_json:
        states, words = dict(progress.states), dict(progress.words)
        print_json({"import": number, "states": states, "totals": words})
    else:
        _say_applied(number, progress.words, problems, again=applied)
    if problems:
        raise SystemExit(PARTLY)


def _say_applied(number: int, words: Counter[str], problems: int, *, again: bool) -> None:
    if again:
        click.echo(f"This file was brought over before, as import {number}. Nothing is left to do.")
    click.secho(f"Import {number}", bold=True)
    for word in WORDS:
        if words[word]:
            click.echo(f"{words[word]:>7} {TITLES[word]}")
    if problems:
        click.echo(f"{problems:>7} with a problem: run it again with --report FILE to see which")
    click.echo(f"\nInvite them:  podcast-server import invite {number}")
    click.echo(f"Take it back: podcast-server import undo {number}")


# For the guide's reader: what --column and --preset know.
members.epilog = f"Fields: {', '.join(FIELDS)}. Presets: {', '.join(p.key for p in PRESETS)}."
