"""``/studio/site/backups``: when, how many, the last ones, one to take along."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from episodes.shows import list_shows
from episodes.storage.base import StorageError
from podcast_server.backup.errors import BackupError
from podcast_server.backup.places import Place, open_place
from podcast_server.backup.told import Told, files_of, tell_newest
from podcast_server.database import reading
from podcast_server.moving.archive.tar import END, header, padding
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.site.backup_form import BackupForm, chosen_in, form_of
from podcast_server.pages.studio.site.backup_words import plan_words
from podcast_server.pages.studio.site.backups import ask_for_backup, backups_of
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.site.backup_plan import keep_backup_plan

blueprint = studio_blueprint("site_backups", __name__)
SHOWN = 10
CHUNK = 256 * 1024


@blueprint.get("/site/backups")
@needs("owner")
def page() -> Response:
    return _shown(form_of(the_services().backup_plan, _zone(), sent=False))


@blueprint.post("/site/backups")
@needs("owner")
def save() -> Response:
    """Keep when they are made and how many stay."""
    services = the_services()
    plan, zone = services.backup_plan, _zone()
    if plan.operators_rhythm and plan.operators_keep:
        abort(404)
    form = form_of(plan, zone, sent=True)
    if not form.validate_on_submit():
        return _shown(form)
    chosen = chosen_in(form, plan, zone)
    subject = f"{chosen.every}, {chosen.hour}:00 {chosen.zone}, {chosen.keep}"
    with doing("backup.plan", subject) as database:
        keep_backup_plan(database, chosen, current_time())
    services.site_choices.forget()
    flash(gettext("Saved."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/site/back-up")
@needs("owner")
def back_up() -> Response:
    """Have a backup made in the background."""
    if not the_services().settings.backup.folder:
        abort(404)
    with doing("backup.ask") as database:
        ask_for_backup(database, current_time())
    flash(gettext("A backup begins within a minute."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/site/backups/download")
@needs("owner")
def download() -> Response:
    """The newest backup as one file, if it is encrypted: nobody can read it on its way."""
    services = the_services()
    newest = _told(1)
    if not newest or not newest[0].encrypted:
        flash(gettext("There is no encrypted backup."), "warning")
        return redirect(url_for(".page"), 303)
    place = open_place(services.settings, services.settings.backup.folder)
    with doing("backup.download", newest[0].name):
        pass
    response = Response(_tar(place, newest[0]), mimetype="application/x-tar")
    name = f"backup-{newest[0].name}.tar"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _tar(place: Place, backup: Told) -> Iterator[bytes]:
    """Its files below a folder, as `restore` takes them."""
    mtime = int(backup.made.timestamp())
    for name in files_of(place, backup.name):
        try:
            with place.reading(name) as path, path.open("rb") as file:
                size = path.stat().st_size
                yield header(f"backup/{name}", size, mtime)
                while chunk := file.read(CHUNK):
                    yield chunk
                yield padding(size)
        except BackupError:
            continue  # it was missing when the backup was made, and the manifest says so
    yield END


def _zone() -> str:
    """The clock that the first show lives by."""
    with reading(the_services().engine) as database:
        shows = list_shows(database)
    return shows[0].time_zone if shows else "UTC"


def _told(most: int) -> list[Told]:
    services = the_services()
    folder = services.settings.backup.folder
    if not folder:
        return []
    try:
        return tell_newest(open_place(services.settings, folder), most)
    except (OSError, ValueError, KeyError, BackupError, StorageError):
        return []  # what is wrong there, the state says


def _shown(form: BackupForm) -> Response:
    services = the_services()
    plan, state = services.backup_plan, backups_of(services)
    return make_response(
        render_template(
            "studio/site/backups.html",
            form=form,
            plan=plan,
            words=plan_words(plan),
            backups=state,
            told=[] if state.state in ("unset", "unreadable") else _told(SHOWN),
            now=current_time(),
        )
    )
