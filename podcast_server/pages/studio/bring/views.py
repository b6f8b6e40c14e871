"""``/studio/bring``: a show from another host, looked at and then copied by a job."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.errors import EpisodeError, NotFound
from episodes.models import Show
from episodes.rss_import.errors import ImportRefused
from episodes.rss_import.imports import (
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
from episodes.rss_import.parse import MAX_FEED
from episodes.rss_import.source import Source, open_source, source_from
from episodes.shows import find_show, list_shows
from podcast_server.database import reading
from podcast_server.jobs.feed_imports import open_desk
from podcast_server.moving.costs import monthly_dollars
from podcast_server.moving.switch import check_switch, show_here
from podcast_server.pages.studio.bodies import takes_up_to
from podcast_server.pages.studio.bring.forms import FeedForm, StartForm
from podcast_server.pages.studio.bring.words import (
    finding_words,
    item_words,
    reason_words,
    state_words,
)
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import needs, studio_blueprint
from podcast_server.pages.studio.known import as_sentence
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.sealing import KeyVault

blueprint = studio_blueprint("bring", __name__)


@dataclass(frozen=True, slots=True)
class Sums:
    """An import in figures; bytes as far as they are known."""

    new: int
    copied: int
    here: int
    lost: int
    bytes: int
    dollars: float

    @classmethod
    def of(cls, items: list[FeedImportItem]) -> Sums:
        """Added up."""

        def count(*states: str) -> int:
            return sum(item.state in states for item in items)

        size = sum(item.size for item in items if item.state in {"new", "copied"})
        return cls(
            new=count("new"),
            copied=count("copied"),
            here=count("here"),
            lost=count("unusable", "refused"),
            bytes=size,
            dollars=monthly_dollars(size),
        )


@blueprint.route("/bring", methods=["GET", "POST"])
@takes_up_to(MAX_FEED + 1024 * 1024)
@needs("owner")
def page() -> Response:
    services = the_services()
    with reading(services.engine) as database:
        form = FeedForm().offer(list_shows(database))
        running = list_imports(database)
    if form.validate_on_submit():
        try:
            return redirect(url_for(".one", key=_begin(form)), 303)
        except EpisodeError as error:
            form.address.errors = [as_sentence(reason_words(str(error)))]
    return make_response(
        render_template(
            "studio/bring/bring.html", form=form, running=running, state_words=state_words
        )
    )


def _begin(form: FeedForm) -> str:
    services, now = the_services(), current_time()
    source, document = _source(form)
    with doing("feed.look", "" if source is None else source.url.split("/")[2]) as database:
        show = find_show(database, form.into.data) if form.into.data else None
        begun = begin_import(
            database,
            source=source,
            document=document,
            vault=KeyVault(services.tokens),
            now=now,
            show=show,
        )
        return begun.key


def _source(form: FeedForm) -> tuple[Source | None, bytes | None]:
    if form.file.data:
        data: bytes = form.file.data.read(MAX_FEED + 1)
        if len(data) > MAX_FEED:
            raise ImportRefused(gettext("the file is too large"))
        return None, data
    if not (form.address.data or "").strip():
        raise ImportRefused(gettext("Paste the feed’s address, or choose a file."))
    return source_from(form.address.data, form.name.data or "", form.password.data or ""), None


@blueprint.get("/bring/<key>")
@needs("owner")
def one(key: str) -> Response:
    with reading(the_services().engine) as database:
        found = _find(database, key)
        items = items_of(database, found)
        show = database.get(Show, found.show_id) if found.show_id else None
    form = StartForm(mirror=found.mirror, audience=found.fields.get("audience", "members"))
    return make_response(
        render_template(
            "studio/bring/one.html",
            found=found,
            items=items,
            show=show,
            sums=Sums.of(items),
            form=form,
            state_words=state_words,
            item_words=item_words,
            reason_words=reason_words,
            feed_address=the_services().addresses.public_feed(show.slug) if show else "",
        )
    )


@blueprint.post("/bring/<key>/start")
@needs("owner")
def start(key: str) -> Response:
    form = StartForm()
    if not form.validate_on_submit() or not form.mine.data:
        flash(gettext("Say that the show is yours first."), "danger")
        return redirect(url_for(".one", key=key), 303)
    try:
        with doing("feed.bring", key) as database:
            found = _find(database, key)
            fields = {"audience": form.audience.data}
            start_copying(database, found, fields, current_time(), mirror=bool(form.mirror.data))
    except EpisodeError as error:
        flash(reason_words(str(error)), "danger")
    return redirect(url_for(".one", key=key), 303)


@blueprint.post("/bring/<key>/pause")
@needs("owner")
def pause(key: str) -> Response:
    with doing("feed.pause", key) as database:
        pause_import(_find(database, key), current_time())
    flash(gettext("It stops after the files in hand."), "success")
    return redirect(url_for(".one", key=key), 303)


@blueprint.post("/bring/<key>/resume")
@needs("owner")
def resume(key: str) -> Response:
    with doing("feed.resume", key) as database:
        resume_import(_find(database, key), current_time())
    return redirect(url_for(".one", key=key), 303)


@blueprint.post("/bring/<key>/check")
@needs("owner")
def check(key: str) -> Response:
    """Look at the old address as a podcast app does."""
    services = the_services()
    desk = open_desk(services)
    with reading(services.engine) as database:
        found = _find(database, key)
        show = database.get(Show, found.show_id) if found.show_id else None
        if show is None or not found.source:
            abort(404)
        here = show_here(database, show, services.addresses.public_feed(show.slug))
    try:
        old = open_source(found.source, desk.vault)
        # Whoever waits for a page waits for one answer, not for five attempts.
        with closing(desk.fetcher(old, patient=False)) as fetcher:
            findings = check_switch(fetcher, old, here)
    except EpisodeError as error:
        flash(reason_words(str(error)), "danger")
        return redirect(url_for(".one", key=key), 303)
    return make_response(
        render_template(
            "studio/bring/check.html",
            found=found,
            show=show,
            findings=findings,
            feed_address=here.feed_url,
            finding_words=finding_words,
            reason_words=reason_words,
        )
    )


@blueprint.post("/bring/<key>/forget")
@needs("owner")
def forget(key: str) -> Response:
    with doing("feed.forget", key) as database:
        found = _find(database, key)
        if found.state == "copying":
            abort(409)
        forget_import(database, found)
    flash(gettext("Forgotten. What came over stays."), "success")
    return redirect(url_for(".page"), 303)


def _find(database: Session, key: str) -> FeedImport:
    try:
        return find_import(database, key)
    except NotFound:
        abort(404)
