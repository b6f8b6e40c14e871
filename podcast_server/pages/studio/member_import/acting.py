"""``…/members/import/<number>/…``: choose, bring over, invite, take back."""

from __future__ import annotations

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy import delete
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Show
from podcast_server.jobs.imports import desk_of
from podcast_server.moving.members.errors import MappingRefused, MemberImportError
from podcast_server.moving.members.imports import (
    change_choices,
    choices_of,
    content_of,
    grounds_of,
    read_table,
)
from podcast_server.moving.members.invite import pause_inviting, start_inviting
from podcast_server.moving.members.models import MemberImport
from podcast_server.moving.members.paths import PATH_SECRET, keep_public_path
from podcast_server.moving.members.targets import Choices
from podcast_server.moving.members.undo import begin_undo
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.member_import.choosing import (
    offered_targets,
    refuse_other_targets,
    sent_choices,
)
from podcast_server.pages.studio.member_import.views import import_here, may_adopt
from podcast_server.pages.studio.people_reasons import people_reason
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("member_import_acts", __name__)
_HERE = "/shows/<slug>/members/import/<int:number>"


def _back(slug: str, number: int) -> Response:
    return redirect(url_for("studio_member_import.one", slug=slug, number=number), 303)


@blueprint.post(f"{_HERE}/choices")
def choose(slug: str, number: int) -> Response:
    """Other choices for a draft; the verdicts follow."""
    try:
        with doing("members.import-choose", str(number)) as database:
            found = import_here(database, number)
            show = database.get_one(Show, the_show().id)
            offers = offered_targets(database, the_person(), show)
            choices = sent_choices(offers, may_adopt=may_adopt())
            read_table(content_of(found), choices)
            change_choices(database, found, choices)
    except MemberImportError as error:
        flash(people_reason(error), "danger")
    return _back(slug, number)


@blueprint.post(f"{_HERE}/apply")
def apply(slug: str, number: int) -> Response:
    """Bring them over: begun here, done by the job."""
    try:
        with doing("members.import", str(number)) as database:
            found = import_here(database, number)
            if found.state == "draft":
                choices = choices_of(found)
                _refuse_more_than_theirs(database, choices)
                table = read_table(content_of(found), choices)
                grounds_of(database, desk_of(the_services()), table, choices, current_time())
                found.state, found.started_by = "reading", the_person().email[:80]
    except MemberImportError as error:
        flash(people_reason(error), "danger")
    _nudge()
    return _back(slug, number)


def _refuse_more_than_theirs(database: Session, choices: Choices) -> None:
    """A draft of an owner's is not applied by somebody who may do less."""
    if choices.adopt and not may_adopt():
        raise MappingRefused(gettext("Save the choices first."))
    show = database.get_one(Show, the_show().id)
    offers = offered_targets(database, the_person(), show)
    refuse_other_targets(offers, {choices.default, *choices.tiers.values()})


@blueprint.post(f"{_HERE}/discard")
def discard(slug: str, number: int) -> Response:
    """Forget a draft."""
    with doing("members.import-discard", str(number)) as database:
        found = import_here(database, number)
        if found.state == "draft":
            database.execute(delete(MemberImport).where(MemberImport.id == number))
            flash(gettext("The table is forgotten. Nothing was changed."), "success")
    return redirect(url_for("studio_member_import.page", slug=slug), 303)


@blueprint.post(f"{_HERE}/invite")
def invite(slug: str, number: int) -> Response:
    """Begin to invite, or go on."""
    try:
        with doing("members.import-invite", str(number)) as database:
            start_inviting(database, import_here(database, number))
    except MemberImportError as error:
        flash(people_reason(error), "danger")
    _nudge()
    return _back(slug, number)


@blueprint.post(f"{_HERE}/pause")
def pause(slug: str, number: int) -> Response:
    """Invite no more for now."""
    with doing("members.import-pause", str(number)) as database:
        pause_inviting(database, import_here(database, number))
    return _back(slug, number)


@blueprint.post(f"{_HERE}/undo")
def undo(slug: str, number: int) -> Response:
    """Take the whole import back."""
    try:
        with doing("members.import-undo", str(number)) as database:
            begin_undo(database, import_here(database, number))
    except MemberImportError as error:
        flash(people_reason(error), "danger")
    _nudge()
    return _back(slug, number)


@blueprint.post("/shows/<slug>/members/import/address")
def address(slug: str) -> Response:
    """Let the old address of the public feed lead to the one here."""
    secret = the_services().tokens.derive(PATH_SECRET)
    try:
        with doing("members.import-address", slug) as database:
            show = database.get_one(Show, the_show().id)
            sent = request.form.get("address", "")[:2000]
            kept = keep_public_path(database, secret, show, sent, current_time())
    except MemberImportError as error:
        flash(people_reason(error), "danger")
    else:
        flash(gettext("%(address)s leads to the public feed now.", address=kept), "success")
    return redirect(url_for("studio_member_import.page", slug=slug), 303)


def _nudge() -> None:
    """Begin at once what the job would begin within a minute."""
    current_app.config["IMPORTER"].nudge()
