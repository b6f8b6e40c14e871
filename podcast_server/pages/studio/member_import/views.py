"""``…/members/import``: all imports of a show, and one of them before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from podcast_server.database import reading
from podcast_server.jobs.imports import desk_of, hosts_here
from podcast_server.moving.members.columns import entries
from podcast_server.moving.members.errors import MemberImportError
from podcast_server.moving.members.imports import (
    Table,
    begin_import,
    choices_of,
    content_of,
    grounds_of,
    list_imports,
    progress_of,
    read_table,
)
from podcast_server.moving.members.models import ImportedRow, MemberImport
from podcast_server.moving.members.presets import FIELDS
from podcast_server.moving.members.read import MOST_BYTES
from podcast_server.moving.members.report import table_of
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.verdicts import Totals, Verdict, judge
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.member_import import words
from podcast_server.pages.studio.member_import.choosing import (
    offered_targets,
    sent_choices,
    tier_choices,
)
from podcast_server.pages.studio.people_reasons import people_reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("member_import", __name__)
SHOWN = 25
_WORDS = {
    "verdict_words": words.verdict_words,
    "reason_words": words.reason_words,
    "field_words": words.field_words,
    "state_words": words.state_words,
}
_UNDER_WAY = ("reading", "applying", "undoing")


@blueprint.get("/shows/<slug>/members/import")
def page(slug: str) -> Response:
    with reading(the_services().engine) as database:
        found = list_imports(database, the_show().id, commanded=the_person().is_owner)
        rows = [(each, progress_of(database, each)) for each in found]
        offers = offered_targets(database, the_person(), database.get_one(Show, the_show().id))
    return make_response(
        render_template(
            "studio/member_import/imports.html",
            rows=rows,
            offers=offers,
            may_adopt=may_adopt(),
            old_hosts=the_services().settings.site.old_hosts,
            show=the_show(),
            now=current_time(),
            **_WORDS,
        )
    )


def may_adopt() -> bool:
    """Whether subscriptions of the whole Stripe account are this person's to hand out."""
    return the_person().is_owner and desk_of(the_services()).provider() is not None


@blueprint.post("/shows/<slug>/members/import")
@takes_up_to(MOST_BYTES + 1024 * 1024)
def upload(slug: str) -> Response:
    """Keep the table as a draft; nothing of it is given yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(gettext("Choose a file first."), "danger")
        return redirect(url_for(".page", slug=slug), 303)
    data = file.stream.read(MOST_BYTES + 1)
    try:
        with doing("members.import-look", file.filename[:200]) as database:
            show = database.get_one(Show, the_show().id)
            choices = sent_choices(
                offered_targets(database, the_person(), show), may_adopt=may_adopt()
            )
            read_table(data, choices)  # or say what is wrong with it
            number = begin_import(
                database,
                data,
                choices,
                file_name=file.filename,
                by=the_person().email,
                now=current_time(),
                show_id=show.id,
                draft=True,
            ).id
    except MemberImportError as error:
        flash(people_reason(error), "danger")
        return redirect(url_for(".page", slug=slug), 303)
    return redirect(url_for(".one", slug=slug, number=number), 303)


def import_here(session: Session, number: int) -> MemberImport:
    """An import that began in this show's studio or, for owners, on the command line; 404 for
    any other."""
    theirs = {the_show().id, None} if the_person().is_owner else {the_show().id}
    found = session.get(MemberImport, number)
    if found is None or found.show_id not in theirs:
        abort(404)
    return found


@blueprint.get("/shows/<slug>/members/import/<int:number>")
def one(slug: str, number: int) -> Response:
    with reading(the_services().engine) as database:
        found = import_here(database, number)
        if found.state == "draft":
            return _draft(database, found)
        return _begun(database, found)


def _draft(database: Session, found: MemberImport) -> Response:
    choices = choices_of(found)
    only = request.args.get("verdict", "")
    totals, problem = Totals(), found.problem
    shown: list[Verdict] = []
    table = read_table(content_of(found), choices)
    try:
        for verdict in _verdicts(database, table, choices):
            totals.add(verdict)
            if len(shown) < SHOWN and only in {"", verdict.word}:
                shown.append(verdict)
    except MemberImportError as error:
        problem = people_reason(error)
    return make_response(
        render_template(
            "studio/member_import/draft.html",
            found=found,
            table=table,
            choices=choices,
            fields=FIELDS,
            tiers=tier_choices(table, choices),
            offers=offered_targets(database, the_person(), database.get_one(Show, the_show().id)),
            totals=totals,
            strange_hosts=totals.strange_hosts(hosts_here(the_services())),
            shown=shown,
            only=only,
            problem=problem,
            may_adopt=may_adopt(),
            last_day=_last_day(choices),
            show=the_show(),
            **_WORDS,
        )
    )


def _last_day(choices: Choices) -> str:
    """The chosen end as a day; the end itself is the midnight after it."""
    return "" if choices.until is None else (choices.until - timedelta(days=1)).date().isoformat()


def _verdicts(database: Session, table: Table, choices: Choices) -> Iterator[Verdict]:
    grounds = grounds_of(database, desk_of(the_services()), table, choices, current_time())
    return judge(database, entries(table.sheet, table.columns), grounds)


def _begun(database: Session, found: MemberImport) -> Response:
    wanted = select(ImportedRow).where(
        ImportedRow.import_id == found.id, ImportedRow.state == "problem"
    )
    answer = make_response(
        render_template(
            "studio/member_import/import.html",
            found=found,
            progress=progress_of(database, found),
            problems=database.scalars(wanted.order_by(ImportedRow.number).limit(SHOWN)).all(),
            show=the_show(),
            now=current_time(),
            **_WORDS,
        )
    )
    if found.state in _UNDER_WAY:
        answer.headers["Refresh"] = "3"
    elif found.inviting == "running":
        answer.headers["Refresh"] = "30"
    return answer


@blueprint.get("/shows/<slug>/members/import/<int:number>/verdicts.csv")
def verdicts(slug: str, number: int) -> Response:
    """Every row with its verdict, harmless in a spreadsheet."""
    with reading(the_services().engine) as database:
        found = import_here(database, number)
        try:
            text = _table(database, found)
        except MemberImportError as error:  # a plan that is gone since
            flash(people_reason(error), "danger")
            return redirect(url_for(".one", slug=slug, number=number), 303)
    with doing("members.import-table", str(number)):
        pass  # addresses leave the studio here
    answer = make_response(text)
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-import-{number}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _table(database: Session, found: MemberImport) -> str:
    if found.state == "draft":
        choices = choices_of(found)
        return table_of(_verdicts(database, read_table(content_of(found), choices), choices))
    rows = select(ImportedRow).where(ImportedRow.import_id == found.id)
    return table_of(database.scalars(rows.order_by(ImportedRow.number)))
