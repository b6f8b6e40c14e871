"""`payments plans create|list|reprice|archive`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from episodes.models import Show, Tier
from episodes.shows import ensure_tier, find_show
from podcast_server.billing.catalogue import publish_plan
from podcast_server.billing.changes import close_plan, reprice_plan
from podcast_server.billing.errors import BadOffer
from podcast_server.billing.intervals import parse_interval
from podcast_server.billing.models import Plan, Price
from podcast_server.billing.money import parse_money
from podcast_server.billing.plans import (
    PriceTerms,
    create_plan,
    current_prices,
    find_plan,
    interval_of,
    list_plans,
    money_of,
    places_taken,
)
from podcast_server.cli.context import (
    Context,
    Moment,
    in_zone,
    json_option,
    pass_context,
    print_rows,
)
from podcast_server.services import now_utc

_PRICE_HELP = "Such as “5.00 eur month”, “50 eur year”, “80 eur once”. May be given again."


@click.group()
def plans() -> None:
    """Memberships you sell."""


def read_price(text: str, minimum: str | None = None) -> PriceTerms:
    """``5.00 eur month``. Raises BadOffer, AmountRefused."""
    words = text.split(maxsplit=2)
    if len(words) != 3:
        raise BadOffer("say amount, currency and interval: “5.00 eur month”")
    money = parse_money(words[0], words[1])
    least = None if minimum is None else parse_money(minimum, words[1])
    return PriceTerms(money, parse_interval(words[2]), least)


def _opening(session: Session, text: str) -> tuple[Show, Tier | None]:
    slug, _, tier = text.partition(":")
    show = find_show(session, slug)
    return show, ensure_tier(session, show, tier) if tier else None


@plans.command("create")
@click.argument("name")
@click.option(
    "--opens",
    multiple=True,
    required=True,
    help="A show, or show:tier (made if new). Several: a bundle.",
)
@click.option("--price", "prices", multiple=True, help=_PRICE_HELP)
@click.option("--minimum", help="People choose what they pay, from this amount on.")
@click.option("--free", is_flag=True, help="Costs an e-mail address and nothing else.")
@click.option("--description", default="", help="What people read under the name.")
@click.option("--benefit", "benefits", multiple=True, help="One line of what they get.")
@click.option("--trial-days", type=int, default=0, help="Days before the first payment.")
@click.option("--places", type=int, help="At most so many members.")
@click.option("--closes", type=Moment(), help="Nobody joins from this time on (UTC).")
@pass_context
def create(
    context: Context,
    name: str,
    opens: tuple[str, ...],
    prices: tuple[str, ...],
    minimum: str | None,
    description: str,
    benefits: tuple[str, ...],
    trial_days: int,
    places: int | None,
    closes: datetime | None,
    *,
    free: bool,
) -> None:
    """Make a plan called NAME."""
    if free == bool(prices):
        raise click.UsageError("give --price, or --free")
    terms = [read_price(text, minimum) for text in prices]
    fields = {
        "description": description,
        "benefits": list(benefits),
        "trial_days": trial_days,
        "places": places,
        "closes_at": in_zone(closes, "UTC"),
    }
    with context.writing() as session:
        plan = create_plan(
            session,
            name=name,
            opens=[_opening(session, text) for text in opens],
            prices=terms,
            now=now_utc(),
            fields=fields,
        )
        session.refresh(plan)
        list(plan.prices)
    if terms:
        publish_plan(context.services.till, plan, context.services.till.selling.realm)
    click.echo(f"Made the plan {plan.slug}.")


@plans.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List plans with their current prices."""
    now = now_utc()
    with context.reading() as session:
        rows = [_row(plan, places_taken(session, plan, now)) for plan in list_plans(session)]
    columns = {
        "plan": "Plan",
        "name": "Name",
        "prices": "Prices",
        "members": "Members",
        "state": "State",
    }
    print_rows(
        rows,
        columns=columns,
        empty="No plans: podcast-server payments plans create …",
        as_json=as_json,
    )


def _row(plan: Plan, members: int) -> dict[str, Any]:
    prices = [f"{money_of(p)} {interval_of(p) or 'once'}" for p in current_prices(plan)]
    return {
        "plan": plan.slug,
        "name": plan.name,
        "prices": prices or ["free"] if plan.is_free else prices,
        "members": members,
        "state": plan.state,
    }


@plans.command("reprice")
@click.argument("plan")
@click.option("--price", required=True, help="The new one: “7.00 eur month”.")
@click.option("--move-members", is_flag=True, help="From their next period on; else they stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def reprice(context: Context, plan: str, price: str, *, move_members: bool, yes: bool) -> None:
    """Replace PLAN's price of the same interval and currency."""
    terms = read_price(price)
    with context.reading() as session:
        row = find_plan(session, plan)
        old = _same_kind(row, terms)
    if move_members and not yes:
        click.confirm("Bill its members the new price from their next period on?", abort=True)
    _, moved = reprice_plan(
        context.services.till, row.id, old, terms, move=move_members, by="cli", now=now_utc()
    )
    click.echo(f"New price {terms.money}; moved {moved.moved} members.")
    for problem in moved.problems:
        click.secho(f"  ✗ {problem}", fg="red")


def _same_kind(plan: Plan, terms: PriceTerms) -> Price:
    for price in current_prices(plan):
        if interval_of(price) == terms.interval and price.currency == terms.money.currency:
            return price
    raise BadOffer(f"{plan.name} has no price for that interval and currency")


@plans.command("archive")
@click.argument("plan")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def archive(context: Context, plan: str, *, yes: bool) -> None:
    """Nobody can join PLAN any more; its members keep it."""
    with context.reading() as session:
        row = find_plan(session, plan)
    if not yes:
        click.confirm(f"Stop selling {row.name}?", abort=True)
    close_plan(context.services.till, row, now_utc())
    click.echo(f"{row.name} takes no new members.")
