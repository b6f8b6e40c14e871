"""`keys`: the signing keys, and how one takes over from another."""

from __future__ import annotations

from dataclasses import replace

import click
from sqlalchemy import func, or_, select

from feeds.errors import FeedError
from feeds.models import PrivateFeed
from feeds.tokens import KeyRing, load_key_ring, new_signing_key, save_signing_keys
from podcast_server.cli.context import Context, json_option, pass_context, print_rows
from podcast_server.services import now_utc

_LOADED = (
    "once it is loaded: `systemctl reload podcast-server` (or kill -HUP to `serve`), and a restart "
    "of each host that only runs `worker`"
)


@click.group()
def keys() -> None:
    """Signing keys: the secrets that feed addresses are made with (docs/operating.md)."""


@keys.command("list")
@json_option
@pass_context
def list_keys(context: Context, *, as_json: bool) -> None:
    """List the keys and what each does. The secrets are not shown."""
    ring = load_key_ring(context.settings.keys_file)
    rows: list[dict[str, object]] = [
        {
            "id": key.id,
            "created": key.created,
            "use": "signs" if key.id == ring.signs else "verifies",
            "root": key.id == ring.root.id,
        }
        for key in ring.keys
    ]
    if ring.root not in ring.keys:
        rows.insert(
            0, {"id": ring.root.id, "created": ring.root.created, "use": "retired", "root": True}
        )
    columns = {"id": "Key", "created": "Made", "use": "Use", "root": "Other secrets come from it"}
    print_rows(rows, columns=columns, empty="No keys.", as_json=as_json)


@keys.command("add")
@click.option(
    "--verify-only", is_flag=True, help="With several hosts: it signs only after `keys use`."
)
@pass_context
def add_key(context: Context, *, verify_only: bool) -> None:
    """Add a key for feeds made from now on. Existing feeds keep theirs and stay as they are.

    With several hosts: add it with --verify-only, bring the key file to all of them and load it
    there, and only then `keys use` it; else one host gives out addresses that others refuse.
    """
    path = context.settings.keys_file
    ring = load_key_ring(path)
    made = new_signing_key(now_utc())
    signs = ring.signs if verify_only else made.id
    save_signing_keys(path, replace(ring, keys=(*ring.keys, made), signs=signs))
    if not verify_only:
        click.echo(f"Added key {made.id}. New feeds are signed with it {_LOADED}.")
        click.echo("Several hosts: copy the key file to all of them first, then load it.")
        return
    click.echo(f"Added key {made.id}, which verifies and does not sign yet.")
    click.echo(f"Copy {path} to every host. It counts there {_LOADED}.")
    click.echo(f"Then, when all have it: `podcast-server keys use {made.id}`, and the same again.")


@keys.command("use")
@click.argument("key_id", metavar="ID")
@pass_context
def use_key(context: Context, key_id: str) -> None:
    """Let the key ID sign the feeds made from now on. Every host must know it already."""
    path = context.settings.keys_file
    ring = load_key_ring(path)
    _require(ring, key_id)
    save_signing_keys(path, replace(ring, signs=key_id))
    click.echo(f"New feeds are signed with key {key_id} {_LOADED}.")
    click.echo("Several hosts: copy the key file to all of them; in which order does not matter.")


@keys.command("retire")
@click.argument("key_id", metavar="ID")
@click.option(
    "--derived-too",
    is_flag=True,
    help="Of the first key: derive other secrets from the next one (what that ends: see the docs).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def retire_key(context: Context, key_id: str, *, derived_too: bool, yes: bool) -> None:
    """Take the key ID away: what it signed is refused from then on.

    Refused while feeds answer under addresses that it signed. Other secrets go on being
    derived from the first key, retired or not, unless --derived-too.
    """
    path = context.settings.keys_file
    ring = load_key_ring(path)
    retired = ring.root.id == key_id and ring.root not in ring.keys
    if not (retired and derived_too):
        _require(ring, key_id)
    if ring.signs == key_id:
        raise FeedError(f"key {key_id} signs new feeds: add another first, and `keys use` it")
    feeds = _feeds_signed_by(context, key_id)
    if feeds:
        raise FeedError(
            f"{feeds} feeds answer under addresses signed with key {key_id}. `podcast-server feed "
            "rotate` gives a member another address; docs/operating.md says when that is needed"
        )
    if not yes:
        click.confirm(f"Take key {key_id} away for good?", abort=True)
    left = tuple(key for key in ring.keys if key.id != key_id)
    root = left[0] if derived_too and ring.root.id == key_id else ring.root
    save_signing_keys(path, replace(ring, keys=left, root=root))
    click.echo(f"Key {key_id} is gone {_LOADED}. Copy the key file to all hosts.")


def _require(ring: KeyRing, key_id: str) -> None:
    if key_id not in {key.id for key in ring.keys}:
        raise FeedError(f"there is no key {key_id}: `podcast-server keys list` shows them")


def _feeds_signed_by(context: Context, key_id: str) -> int:
    """How many feeds still answer under an address that the key signed."""
    with context.reading() as session:
        answers = or_(PrivateFeed.state == "open", PrivateFeed.closes_at > now_utc())
        return (
            session.scalar(select(func.count()).where(PrivateFeed.signing_key == key_id, answers))
            or 0
        )
