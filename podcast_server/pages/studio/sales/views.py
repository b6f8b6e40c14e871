"""``…/sales``: episodes and seasons sold once, gifts, and donations with their thanks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from episodes.models import Episode, Show
from podcast_server.accounts.staff.roles import may, role_for
from podcast_server.billing.donations import donations_of
from podcast_server.billing.errors import BillingError
from podcast_server.billing.models import Collection, CollectionItem, Donation, Gift, PlanOpening
from podcast_server.billing.sales import Item, archive_collection, create_collection
from podcast_server.database import reading
from podcast_server.pages.checkout.words import price_words
from podcast_server.pages.studio.doing import doing
from podcast_server.pages.studio.guard import studio_blueprint, the_person, the_show
from podcast_server.pages.studio.refusals import refusal
from podcast_server.pages.studio.sales.forms import SaleForm
from podcast_server.pages.wiring import current_time, the_services

blueprint = studio_blueprint("sales", __name__)
SHOWN = 50


@blueprint.route("/shows/<slug>/sales", methods=["GET", "POST"])
def page(slug: str) -> Response:
    services = the_services()
    with reading(services.engine) as database:
        episodes = _episodes(database)
        seasons = sorted({each.season for each in episodes if each.season is not None})
        form = SaleForm(currency=services.settings.payments.currency).offer(seasons, episodes)
        facts = {
            "sales": [(each, _prices(each), len(each.items)) for each in _sales(database)],
            "gifts": [(each, each.plan, each.purchase) for each in _gifts(database)],
            "donations": donations_of(database, the_show().id)[:SHOWN],
        }
    if form.validate_on_submit() and _create(form):
        flash(gettext("It is on sale now."), "success")
        return redirect(url_for(".page", slug=slug), 303)
    return make_response(
        render_template("studio/sales/sales.html", form=form, show=the_show(), **facts)
    )


def _episodes(database: Session) -> Sequence[Episode]:
    query = select(Episode).where(Episode.show_id == the_show().id, Episode.state != "deleted")
    return database.scalars(query.order_by(Episode.id.desc())).all()


def _sales(database: Session) -> Sequence[Collection]:
    here = select(CollectionItem.collection_id).where(CollectionItem.show_id == the_show().id)
    query = select(Collection).where(Collection.id.in_(here))
    return database.scalars(query.order_by(Collection.state == "archived", Collection.id)).all()


def _prices(collection: Collection) -> list[str]:
    return [price_words(each) for each in collection.prices if each.retired_at is None]


def _gifts(database: Session) -> Sequence[Gift]:
    here = select(PlanOpening.plan_id).where(PlanOpening.show_id == the_show().id)
    query = select(Gift).where(Gift.plan_id.in_(here)).order_by(Gift.id.desc()).limit(SHOWN)
    return database.scalars(query).all()


def _create(form: SaleForm) -> bool:
    """Whether it is on sale; if not, the reason has been said."""
    try:
        with doing("sale.create", form.name.data) as database:
            create_collection(
                database,
                name=form.name.data,
                items=[_item(database, each) for each in form.what.data],
                price=form.terms(),
                description=form.description.data or "",
                now=current_time(),
            )
    except BillingError as error:
        flash(refusal(error), "danger")
        return False
    return True


def _item(database: Session, chosen: str) -> Item:
    """An episode or season of this show: the form has let nothing else through."""
    if chosen.startswith("s"):
        return database.get_one(Show, the_show().id), int(chosen[1:])
    return database.get_one(Episode, int(chosen[1:]))


@blueprint.post("/shows/<slug>/sales/<key>/archive")
def archive(slug: str, key: str) -> Response:
    """Nobody can buy it any more; whoever bought it keeps it."""
    with doing("sale.archive", key) as database:
        archive_collection(_sale_here(database, key), current_time())
    flash(gettext("Nobody can buy it any more. Whoever has it keeps it."), "success")
    return redirect(url_for(".page", slug=slug), 303)


def _sale_here(database: Session, key: str) -> Collection:
    """404 where nothing in it is of this show; 403 where somebody else's is in it too."""
    sale = next((each for each in _sales(database) if each.key == key), None)
    if sale is None:
        abort(404)
    shows = {item.show_id for item in sale.items}
    if not all(may(role_for(database, the_person(), each), "editor") for each in shows):
        abort(403)
    return sale


@blueprint.post("/shows/<slug>/donations/<int:donation_id>")
def thank(slug: str, donation_id: int) -> Response:
    """Show a donation among the public thanks, or keep it from there."""
    with doing("donation.thanks", str(donation_id)) as database:
        donation = database.get(Donation, donation_id)
        if donation is None or donation.show_id != the_show().id:
            abort(404)
        donation.hidden = not donation.hidden
    flash(gettext("Saved."), "success")
    return redirect(url_for(".page", slug=slug), 303)
