"""`backups`: which there are, and when they are made by themselves."""

from __future__ import annotations

from typing import Any

import click
from pydantic import ValidationError

from podcast_server.backup.places import open_place
from podcast_server.backup.told import Told, tell_newest
from podcast_server.cli.context import Context, json_option, pass_context, print_json, print_rows
from podcast_server.services import now_utc
from podcast_server.site.backup_plan import RHYTHMS, BackupPlan, Chosen, keep_backup_plan

SHOWN = 20
_COLUMNS = {"name": "Backup", "files": "Files", "new_mb": "New MB", "verified": "All read"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@click.command()
@click.option(
    "--every", type=click.Choice(RHYTHMS), help="never, daily, or a weekday: 0 is Monday."
)
@click.option("--hour", type=click.IntRange(0, 23), help="On the clock of --zone.")
@click.option("--zone", help="Such as Europe/Paris.")
@click.option("--keep", type=click.IntRange(1, 1000), help="How many stay.")
@json_option
@pass_context
def backups(context: Context, /, *, as_json: bool, **given: Any) -> None:
    """List the backups in [backup] folder, and say or change when they are made.

    As the owner does in the studio: what [backup] says otherwise than at its default comes first.
    """
    services = context.services
    fields = {name: value for name, value in given.items() if value is not None}
    if fields:
        chosen = _chosen(services.backup_plan, fields)
        with context.writing() as session:
            keep_backup_plan(session, chosen, now_utc())
        services.site_choices.forget()
    folder = context.settings.backup.folder
    told = tell_newest(open_place(context.settings, folder), SHOWN) if folder else []
    rows, plan = [_row(each) for each in told], services.backup_plan
    if as_json:
        print_json({"folder": folder, "plan": _words(plan), "keep": plan.keep, "backups": rows})
        return
    click.echo(f"Made {_words(plan)}, the newest {plan.keep} stay.")
    empty = "There are none." if folder else "None are made: set [backup] folder."
    print_rows(rows, columns=_COLUMNS, empty=empty, as_json=False)


def _chosen(plan: BackupPlan, fields: dict[str, Any]) -> Chosen:
    if plan.operators_rhythm and fields.keys() - {"keep"}:
        raise click.UsageError("[backup] every_hours is set: change it there")
    if plan.operators_keep and "keep" in fields:
        raise click.UsageError("[backup] keep is set: change it there")
    before = plan.chosen or Chosen(every="daily", hour=3, zone="UTC", keep=plan.keep)
    try:
        return Chosen(**{**before.model_dump(), **fields})
    except ValidationError as error:
        raise click.UsageError(
            "--{loc[0]} {msg}".format(**error.errors()[0]).replace("Value error, ", "")
        ) from error


def _words(plan: BackupPlan) -> str:
    rhythm = plan.rhythm
    if rhythm is None:
        return f"every {plan.hours} hours"
    if rhythm.every == "never":
        return "never by themselves"
    day = "every day" if rhythm.every == "daily" else f"every {_DAYS[int(rhythm.every)]}"
    return f"{day} at {rhythm.hour:02}:00 ({rhythm.zone})"


def _row(told: Told) -> dict[str, Any]:
    return {
        "name": told.name,
        "made": told.made,
        "files": told.files,
        "new_mb": None if told.added is None else round(told.added / 1e6, 1),
        "verified": told.verified,
        "missing": told.missing,
        "damaged": told.damaged,
        "encrypted": told.encrypted,
    }
