"""`mail server` and `mail test`: how mail leaves, and whether it does."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import click
from pydantic import SecretStr, ValidationError

from podcast_server.cli.context import Context, json_option, pass_context, print_json
from podcast_server.mail.transport import MailError, choose_transport
from podcast_server.services import now_utc
from podcast_server.settings import MailSettings
from podcast_server.site.mail_server import MailServer, forget_mail_server, keep_mail_server

_WHOSE = {
    "operator": "set in config.toml or the environment",
    "owner": "chosen by the owner",
    "": "none is set: mail waits in the outbox",
}


@click.command("server")
@click.option("--host", help="The name of the mail server.")
@click.option("--port", type=click.IntRange(1, 65535))
@click.option("--security", type=click.Choice(["starttls", "tls", "none"]))
@click.option("--username")
@click.option("--sender", help="Harbour Radio <hello@podcast.example.org>")
@click.option("--ask-password", is_flag=True, help="Ask for the password (or read it from a pipe).")
@click.option("--forget", is_flag=True, help="Have none any more, and delete the password.")
@json_option
@pass_context
def mail_server(
    context: Context, /, *, ask_password: bool, forget: bool, as_json: bool, **given: Any
) -> None:
    """Show the mail server, or choose one, as the owner does in the studio.

    What stands in config.toml or the environment comes first.
    """
    fields = {name: value for name, value in given.items() if value is not None}
    services, now = context.services, now_utc()
    if fields or ask_password or forget:
        server = services.mail_server
        if server.whose == "operator":
            raise click.UsageError("[mail] is set in config.toml or the environment")
        with context.writing() as session:
            if forget:
                forget_mail_server(session, now)
            else:
                wanted = _wanted(server, fields, ask_password=ask_password)
                keep_mail_server(session, wanted, services.mail_vault, now)
        services.site_choices.forget()
    _report(services.mail_server, as_json=as_json)


@click.command("test")
@click.argument("address")
@pass_context
def test_mail(context: Context, address: str) -> None:
    """Send a mail to ADDRESS, and say what the mail server makes of it."""
    settings = context.services.current.mail
    transport = choose_transport(settings)
    if transport is None:
        raise click.ClickException("no mail server is set: `podcast-server mail server --host …`")
    message = EmailMessage()
    message["From"] = settings.sender or address
    message["To"] = address
    message["Date"] = now_utc()
    message["Subject"] = f"A trial from {context.services.site.name}"
    message.set_content("This mail came through: everything is well.")
    try:
        transport.send(message)
    except MailError as error:
        raise click.ClickException(f"{settings.host}, port {settings.port}: {error}") from error
    click.echo(f"The mail server took a mail for {address}.")


def _wanted(server: MailServer, fields: dict[str, Any], *, ask_password: bool) -> MailSettings:
    """What is kept from now on. Raises UsageError."""
    before = server.settings
    moved = fields.keys() & {"host", "port", "security", "username"}
    if before.password.get_secret_value() and moved and not ask_password:
        raise click.UsageError("a new place or user needs the password again: add --ask-password")
    if ask_password:
        fields["password"] = SecretStr(click.prompt("Password", hide_input=True, err=True))
    try:
        wanted = MailSettings(**{**before.model_dump(), **fields})
    except ValidationError as error:
        raise click.UsageError(error.errors()[0]["msg"]) from error
    if not wanted.host or not wanted.sender:
        raise click.UsageError("--host and --sender are needed")
    return wanted


def _report(server: MailServer, *, as_json: bool) -> None:
    facts = server.settings.model_dump(exclude={"password", "dkim_selector"})
    facts["password"] = "kept" if server.settings.password.get_secret_value() else ""
    if as_json:
        print_json(facts | {"whose": server.whose})
        return
    click.echo(f"Mail server: {_WHOSE[server.whose]}.")
    if server.locked:
        click.echo("Its password was sealed with other signing keys: set it again.")
    if server.whose:
        for name, value in facts.items():
            click.echo(f"  {name}: {value or '–'}")
