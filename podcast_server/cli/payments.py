"""`payments …`: what waits for money, webhooks, the providers' books, and plans."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select

from episodes.episodes import find_episode
from episodes.shows import find_show
from feeds.grants import Cause
from podcast_server.billing.errors import BillingError
from podcast_server.billing.events import Ref
from podcast_server.billing.inbox import (
    find_event,
    list_events,
    replay_event,
    work_off_events,
)
from podcast_server.billing.models import ManualOrder, PaymentEvent
from podcast_server.billing.money import Money, parse_money
from podcast_server.billing.providers.manual.provider import due_amount, open_orders
from podcast_server.billing.reconcile import reconcile as reconcile_books
from podcast_server.billing.sales import Item, create_collection
from podcast_server.billing.settle import settle
from podcast_server.cli.context import (
    PARTLY,
    Context,
    json_option,
    pass_context,
    print_json,
    print_rows,
)
from podcast_server.cli.plans import plans, read_price
from podcast_server.services import now_utc


@click.group()
def payments() -> None:
    """Money: plans, payments by hand, and what Stripe told us."""


payments.add_command(plans)


@payments.command("sell")
@click.argument("name")
@click.option("--show", "slug", required=True, help="Which show.")
@click.option("--episode", "keys", multiple=True, help="An episode by its key. Several: together.")
@click.option("--season", "seasons", type=int, multiple=True, help="A whole season.")
@click.option("--price", required=True, help="Such as “3.00 eur once”.")
@click.option("--minimum", help="People choose what they pay, from this amount on.")
@click.option("--description", default="", help="What people read under the name.")
@pass_context
def sell(
    context: Context,
    name: str,
    slug: str,
    keys: tuple[str, ...],
    seasons: tuple[int, ...],
    price: str,
    minimum: str | None,
    description: str,
) -> None:
    """Sell episodes or seasons as NAME: bought once, kept for ever."""
    with context.writing() as session:
        show = find_show(session, slug)
        items: list[Item] = [find_episode(session, key) for key in keys]
        items += [(show, season) for season in seasons]
        made = create_collection(
            session,
            name=name,
            items=items,
            price=read_price(price, minimum),
            description=description,
            now=now_utc(),
        )
        slug = made.slug
    click.echo(f"On sale at {context.settings.site.public_url}/buy/{slug}")


@payments.command("waiting")
@json_option
@pass_context
def waiting(context: Context, *, as_json: bool) -> None:
    """List payments by hand that you have not confirmed yet."""
    now = now_utc()
    with context.reading() as session:
        rows = [_order_row(order) for order in open_orders(session, now)]
    columns = {"reference": "Reference", "due": "Due", "since": "Since", "repeats": "Repeats"}
    print_rows(rows, columns=columns, empty="Nobody owes anything.", as_json=as_json)


def _order_row(order: ManualOrder) -> dict[str, Any]:
    return {
        "reference": order.ref,
        "due": str(Money(due_amount(order), order.currency)),
        "since": order.created_at,
        "repeats": order.interval if order.repeats else "once",
    }


@payments.command("confirm")
@click.argument("reference")
@click.option("--amount", help="What really arrived, if it differs: 4.99")
@click.option("--note", default="", help="Kept with the payment.")
@pass_context
def confirm(context: Context, reference: str, amount: str | None, note: str) -> None:
    """The money for REFERENCE has arrived: open the feed, or another period."""
    services = context.services
    reference = reference.strip().upper()
    money = None
    if amount is not None:
        with context.reading() as session:
            order = session.scalars(select(ManualOrder).where(ManualOrder.ref == reference)).first()
        money = parse_money(amount, order.currency if order else "eur")
    written = services.providers.manual.confirm(reference, money, note)
    settle(
        services.till,
        "manual",
        Ref("checkout", reference),
        Cause("cli", f"payment {reference} confirmed"),
        now_utc(),
    )
    click.echo(f"Confirmed {written}.")


@payments.command("list-events")
@click.option("--status", help="new, done, ignored or needs_attention.")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True)
@json_option
@pass_context
def list_events_(context: Context, status: str | None, limit: int, *, as_json: bool) -> None:
    """List webhooks, newest first, and how they were worked off."""
    with context.reading() as session:
        found = list_events(session, status=status or "", limit=limit)
        rows = [_event_row(event) for event in found]
    columns = {
        "id": "Event",
        "type": "Type",
        "status": "Status",
        "received": "Received",
        "attempts": "Tries",
        "error": "Error",
    }
    print_rows(rows, columns=columns, empty="No webhooks.", as_json=as_json)


def _event_row(event: PaymentEvent) -> dict[str, Any]:
    return {
        "id": event.ref,
        "type": event.type,
        "status": event.status,
        "received": event.received_at,
        "attempts": event.attempts,
        "error": event.error,
    }


@payments.command("replay")
@click.argument("event", required=False)
@click.option("--all", "everything", is_flag=True, help="Everything that needs attention.")
@pass_context
def replay(context: Context, event: str | None, *, everything: bool) -> None:
    """Work a webhook off again. Repeating one that went well changes nothing."""
    if bool(event) == everything:
        raise click.UsageError("name an EVENT, or use --all")
    now = now_utc()
    with context.writing() as session:
        if event is None:
            chosen = list_events(session, status="needs_attention", limit=10_000)
        else:
            found = find_event(session, event)
            if found is None:
                raise BillingError(f"there is no event {event}")
            chosen = [found]
        for each in chosen:
            replay_event(session, each, now)
    outcome = work_off_events(context.services.till, now)
    click.echo(f"Worked off {outcome.done}, failed {outcome.failed}.")
    if outcome.failed:
        raise SystemExit(PARTLY)


@payments.command("reconcile")
@json_option
@pass_context
def reconcile(context: Context, *, as_json: bool) -> None:
    """Compare our books with the providers' and repair what differs. Also runs every night."""
    report = reconcile_books(context.services.till, now_utc())
    if as_json:
        print_json(
            {
                "looked_at": report.looked_at,
                "repaired": report.repaired,
                "problems": report.problems,
            }
        )
    else:
        click.echo(f"Looked at {report.looked_at}, repaired {len(report.repaired)}.")
        for line in report.repaired:
            click.echo(f"  ✓ {line}")
        for line in report.problems:
            click.secho(f"  ✗ {line}", fg="red")
    if report.problems:
        raise SystemExit(PARTLY)


@payments.command("connect")
@pass_context
def connect(context: Context) -> None:
    """Register our webhook at Stripe and print its signing secret."""
    services = context.services
    if services.providers.stripe is None:
        raise BillingError("set [stripe] secret_key first")
    secret = services.providers.stripe.connect(services.settings.site.public_url)
    if secret:
        click.echo("Registered. Put this into [stripe] webhook_secrets and restart:")
        click.echo(secret)
    else:
        click.echo("The webhook was registered before; its events are complete.")
