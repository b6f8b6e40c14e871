"""`studio code|link|owner`: the keys to the studio, for whoever runs the server."""

from __future__ import annotations

import click

from podcast_server.accounts.sign_in import SIGN_IN_SECRET, Asking, ask_to_sign_in
from podcast_server.accounts.staff.api_keys import make_key
from podcast_server.accounts.staff.audit import note_action
from podcast_server.accounts.staff.people import ensure_staff, find_staff, has_staff, list_staff
from podcast_server.accounts.staff.setup_code import setup_code
from podcast_server.cli.context import Context, json_option, pass_context, print_rows
from podcast_server.services import Services, now_utc


@click.group()
def studio() -> None:
    """The studio: set-up code, sign-in links, owners."""


@studio.command("code")
@pass_context
def code(context: Context) -> None:
    """Show where to set the studio up, and the code it asks for."""
    address = setup_address(context.services)
    if not address:
        raise click.ClickException("the studio has an owner already: `podcast-server studio link`")
    click.echo(address)


def setup_address(services: Services, public_url: str = "") -> str:
    """The address of the first-run page with its code, "" once there is an owner.

    ``public_url`` instead of the one in the settings.
    """
    with services.sessions() as session:
        if has_staff(session):
            return ""
    page = f"{public_url or services.addresses.public_url}/studio/set-up"
    return f"{page}?code={setup_code(services.tokens)}"


@studio.command("link")
@click.argument("email")
@pass_context
def link(context: Context, email: str) -> None:
    """Print a link that signs EMAIL in to the studio, once, for fifteen minutes."""
    click.echo(make_link(context.services, email))


def make_link(services: Services, email: str) -> str:
    """A way in that needs no mail. Raises NoSuchStaffError."""
    now = now_utc()
    with services.sessions.begin() as session:
        person = find_staff(session, email)
        asking = Asking(
            email=person.email,
            browser="",
            address="",
            language=person.locale,
            purpose="operator",
        )
        secret = services.tokens.derive(SIGN_IN_SECRET)
        way = ask_to_sign_in(session, asking, secret=secret, now=now)
    return f"{services.addresses.public_url}/studio/sign-in/{way.token}"


@studio.command("owner")
@click.argument("email")
@click.option("--name", default="")
@pass_context
def owner(context: Context, email: str, name: str) -> None:
    """Make EMAIL an owner of the studio, and print a link to sign in."""
    now = now_utc()
    with context.writing() as session:
        person = ensure_staff(session, email, now=now, name=name, owner=True)
        note_action(session, "staff.owner-by-command", now=now, staff_id=None, subject=person.email)
    click.echo(make_link(context.services, email))


@studio.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List who works in the studio."""
    with context.reading() as session:
        rows = [
            {"email": each.email, "name": each.name, "owner": each.is_owner}
            for each in list_staff(session)
        ]
    columns = {"email": "Address", "name": "Name", "owner": "Owner"}
    empty = "Nobody yet: podcast-server studio code"
    print_rows(rows, columns=columns, empty=empty, as_json=as_json)


@studio.command("key")
@click.argument("email")
@click.argument("name")
@click.option("--write", "may_write", is_flag=True, help="It may change things, not only read.")
@pass_context
def key(context: Context, email: str, name: str, *, may_write: bool) -> None:
    """Make a key called NAME for scripts of EMAIL, and print it, this once (docs/api.md)."""
    now = now_utc()
    with context.writing() as session:
        person = find_staff(session, email)
        made = make_key(session, person, name, may_write=may_write, now=now)
        note_action(session, "key.make", now=now, staff_id=person.id, subject=name)
    click.echo(made)
