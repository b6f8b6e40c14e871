"""`mail`: look into the outbox, and send what waits."""

from __future__ import annotations

import click

from podcast_server.cli.context import (
    FAILED,
    Context,
    json_option,
    pass_context,
    print_rows,
)
from podcast_server.cli.mail_server import mail_server, test_mail
from podcast_server.mail.models import OutgoingMail
from podcast_server.mail.outbox import outbox, send_due
from podcast_server.services import now_utc, open_transport


@click.group()
def mail() -> None:
    """Outgoing mail. Without a mail server it is kept here, for you to read."""


mail.add_command(mail_server)
mail.add_command(test_mail)


@mail.command("list")
@json_option
@pass_context
def list_mail(context: Context, *, as_json: bool) -> None:
    """List the newest mails, without their words."""
    with context.reading() as session:
        rows = [
            {
                "id": each.id,
                "at": each.created_at,
                "to": each.recipient,
                "subject": each.subject,
                "state": each.state,
                "tries": each.tries,
                "error": each.error,
            }
            for each in outbox(session)
        ]
    columns = {"id": "Mail", "at": "Made", "to": "To", "subject": "Subject", "state": "State"}
    print_rows(
        rows, columns=columns | {"error": "Problem"}, empty="The outbox is empty.", as_json=as_json
    )


@mail.command("show")
@click.argument("number", type=int, required=False)
@pass_context
def show_mail(context: Context, number: int | None) -> None:
    """Print one mail with its links, the newest unless a number is given."""
    with context.reading() as session:
        newest = outbox(session, limit=1)
        found = newest[0] if newest and number is None else session.get(OutgoingMail, number or 0)
    if found is None:
        click.echo("There is no such mail: `podcast-server mail list` shows them.", err=True)
        raise click.exceptions.Exit(FAILED)
    click.echo(f"To: {found.recipient}\nSubject: {found.subject}\nState: {found.state}\n")
    click.echo(found.text or "(its words are forgotten: it was sent, failed, or has expired)")


@mail.command("send")
@pass_context
def send_mail(context: Context) -> None:
    """Send what is due now, as the server does by itself every minute."""
    services = context.services
    done = send_due(services.sessions, open_transport(services), services.current, now_utc())
    click.echo(f"{done.sent} sent, {done.kept} kept, {done.failed} failed.")
