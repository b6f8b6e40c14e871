"""`doctor`: checks the whole set-up and says what to do about each failure."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import sessionmaker

from episodes.errors import EpisodeError
from episodes.ingest import delete_orphans, find_orphans
from episodes.storage.base import Storage
from episodes.storage.choose import open_storage
from feeds.downloads.choose import choose_agents
from feeds.errors import FeedError
from feeds.tokens import load_signing_keys
from podcast_server.billing.errors import BillingError
from podcast_server.billing.providers.choose import open_providers
from podcast_server.cli.context import FAILED, Context, json_option, pass_context, print_json
from podcast_server.cli.doctor_backups import check_backups
from podcast_server.cli.doctor_bucket import check_browser_uploads
from podcast_server.cli.doctor_files import check_files
from podcast_server.cli.doctor_mail import check_mail, check_sender
from podcast_server.cli.doctor_private import check_private
from podcast_server.cli.findings import Finding
from podcast_server.database import (
    DatabaseError,
    open_engine,
    reading,
    require_current_schema,
    session_factory,
)
from podcast_server.invariants import RULES, World, broken_rules
from podcast_server.services import (
    choose_countries,
    now_utc,
    provider_settings,
    storage_settings,
)
from podcast_server.settings import Settings

EARLIEST_SANE = datetime(2026, 1, 1, tzinfo=UTC)


def check_clock(_settings: Settings) -> Finding:
    """The clock decides when episodes appear and memberships end."""
    now = now_utc()
    if now < EARLIEST_SANE:
        return Finding(
            "clock", "failed", f"the clock says {now:%Y-%m-%d}", "switch on time synchronisation"
        )
    return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def check_public_url(settings: Settings) -> Finding:
    """Podcast apps and their servers must reach us, by https."""
    url = settings.site.public_url
    host = urlsplit(url).hostname or ""
    if host in {"localhost", "::1"} or host.startswith("127."):
        return Finding(
            "public address",
            "note",
            f"{url} works on this machine only",
            "set [site] public_url to the https address listeners will use, before the first feed",
        )
    if not url.startswith("https://"):
        return Finding(
            "public address",
            "failed",
            f"{url} is not https, so private addresses travel in the clear",
            "put Caddy or nginx with a certificate in front and use https://",
        )
    return Finding("public address", "ok", url)


def check_keys(settings: Settings) -> Finding:
    """Signing keys exist and nobody else may read them."""
    try:
        keys = load_signing_keys(settings.keys_file)
    except FeedError as error:
        return Finding("signing keys", "failed", str(error), "run `podcast-server init`")
    mode = stat.S_IMODE(settings.keys_file.stat().st_mode)
    if mode & 0o077:
        return Finding(
            "signing keys",
            "failed",
            f"others on this machine may read {settings.keys_file} (mode {mode:o})",
            f"run `chmod 600 {settings.keys_file}`",
        )
    return Finding("signing keys", "ok", f"{len(keys)}, newest {keys[-1].id}")


def check_database(settings: Settings) -> Finding:
    """The database answers and has the right schema."""
    file = make_url(settings.database_url).database or ""
    if settings.database_url.startswith("sqlite") and not Path(file).exists():
        return Finding("database", "failed", f"{file} is not there", "run `podcast-server init`")
    try:
        engine = open_engine(settings.database_url)
        try:
            require_current_schema(engine)
        finally:
            engine.dispose()
    except DatabaseError as error:
        return Finding("database", "failed", str(error), "run the command named")
    except Exception as error:
        return Finding(
            "database",
            "failed",
            f"cannot be reached: {type(error).__name__}",
            "check [database] url, and that the server runs and lets this machine in",
        )
    return Finding("database", "ok", engine.url.render_as_string(hide_password=True))


def check_storage(settings: Settings) -> Finding:
    """A small object can be written, read back and deleted."""
    if settings.storage.backend == "local" and not settings.data.is_dir():
        return Finding(
            "storage", "failed", f"{settings.data} is not there", "run `podcast-server init`"
        )
    try:
        open_storage(storage_settings(settings)).check()
    except EpisodeError as error:
        return Finding("storage", "failed", str(error), "check the [storage] section")
    place = settings.storage.bucket or settings.storage.folder
    return Finding("storage", "ok", f"{settings.storage.backend}: {place}")


def check_payments(settings: Settings) -> Finding:
    """Payment keys look like keys; test and live are told apart."""
    key = settings.stripe.secret_key.get_secret_value()
    if not key:
        return Finding("payments", "note", "no Stripe key: memberships are confirmed by hand", "")
    if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        return Finding(
            "payments",
            "failed",
            "[stripe] secret_key does not look like one",
            "copy it from Stripe's dashboard, Developers, API keys; it begins with sk_ or rk_",
        )
    mode = "live" if "_live_" in key[:8] else "test"
    if not settings.stripe.webhook_secrets:
        return Finding(
            "payments",
            "failed",
            f"{mode} key, but no webhook secret",
            "set [stripe] webhook_secrets to the signing secret of the endpoint (whsec_…)",
        )
    return _ask_stripe(settings)


def _ask_stripe(settings: Settings) -> Finding:
    """Account, webhook and portal, as Stripe has them."""
    providers = open_providers(provider_settings(settings), sessionmaker(), now_utc)
    try:
        found = providers.selling.check(settings.site.public_url)
    except BillingError as error:
        return Finding(
            "payments", "failed", str(error), "check [stripe] secret_key and the network"
        )
    wrong = [each for each in found if each.advice]
    if wrong:
        said = "; ".join(f"{each.subject}: {each.message}" for each in wrong)
        return Finding("payments", "failed", said, "; ".join(each.advice for each in wrong))
    return Finding("payments", "ok", f"Stripe: {found[0].message}")


def check_statistics(settings: Settings) -> Finding:
    """The operator's lists of apps and countries can be read."""
    try:
        choose_agents(settings.agent_list)
        choose_countries(settings)
    except FeedError as error:
        return Finding("statistics", "failed", str(error), "check the [downloads] section")
    return Finding("statistics", "ok", "apps and countries can be told as [downloads] says")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    check_clock,
    check_public_url,
    check_keys,
    check_database,
    check_storage,
    check_mail,
    check_payments,
    check_statistics,
    check_backups,
)


@click.command()
@click.option(
    "--repair",
    is_flag=True,
    help="Delete stored files that nothing refers to, bring back missing ones from the backup, "
    "close the data folder to others, let browsers send to the bucket.",
)
@click.option("--deep", is_flag=True, help="Also read every row and every audio file.")
@click.option(
    "--identity",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with your age identity, to bring files back from an encrypted backup.",
)
@json_option
@pass_context
def doctor(
    context: Context, *, repair: bool, deep: bool, identity: Path | None, as_json: bool
) -> None:
    """Check the whole set-up and say what to do. Exit code 1 if anything failed."""
    settings, chosen = context.settings, _as_chosen(context)
    findings = [check(chosen) for check in CHECKS] + check_sender(chosen)
    findings.append(check_private(settings, repair=repair))
    if not any(f.level == "failed" for f in findings if f.check in {"database", "storage"}):
        findings.append(check_browser_uploads(settings, repair=repair))
        findings.append(check_orphans(context, repair=repair))
        findings.append(check_files(settings, deep=deep, repair=repair, identity=identity))
        if deep:
            findings += check_invariants(context)
    if as_json:
        print_json(
            [
                {"check": f.check, "level": f.level, "message": f.message, "advice": f.advice}
                for f in findings
            ]
        )
    else:
        _print(findings)
    if any(finding.level == "failed" for finding in findings):
        raise SystemExit(FAILED)


def _as_chosen(context: Context) -> Settings:
    """The settings with what the owner chose in the studio over them, where that can be read."""
    try:
        return context.services.current
    except (BillingError, DatabaseError, EpisodeError, FeedError, SQLAlchemyError):
        return context.settings  # what is amiss there, a check says


def check_orphans(context: Context, *, repair: bool) -> Finding:
    """Stored files that no row mentions, left behind by a crash."""
    settings = context.settings
    engine = open_engine(settings.database_url)
    storage: Storage = open_storage(storage_settings(settings))
    before = datetime.fromtimestamp(time.time(), UTC) - timedelta(hours=1)
    with session_factory(engine)() as session:
        orphans = list(find_orphans(session, storage, before=before))
    engine.dispose()
    if not orphans:
        return Finding("stored files", "ok", "every file belongs to something")
    size = sum(each.size for each in orphans) / 1e6
    if repair:
        storage.sweep(before)
        delete_orphans(storage, orphans)
        return Finding("stored files", "ok", f"deleted {len(orphans)} leftovers ({size:.1f} MB)")
    return Finding(
        "stored files",
        "note",
        f"{len(orphans)} leftovers of interrupted work ({size:.1f} MB)",
        "run `podcast-server doctor --repair` to delete them",
    )


def check_invariants(context: Context) -> list[Finding]:
    """Nothing lost, nothing doubled, nothing leaked: every rule, by reading everything."""
    services = context.services
    with reading(services.engine) as session:
        world = World(session, services.storage, now_utc(), services.till.terms, services.classify)
        broken = list(broken_rules(world))
    findings = []
    for rule in RULES:
        where = [each.where for each in broken if each.rule == rule]
        if where:
            named = ", ".join(where[:5]) + (" …" if len(where) > 5 else "")
            message = f"{len(where)} break it: {named}"
            findings.append(Finding(rule, "failed", message, "docs/reliability.md says what to do"))
        else:
            findings.append(Finding(rule, "ok", "holds"))
    return findings


def _print(findings: list[Finding]) -> None:
    marks = {"ok": ("✓", "green"), "note": ("!", "yellow"), "failed": ("✗", "red")}
    for finding in findings:
        mark, colour = marks[finding.level]
        click.echo(f"{click.style(mark, fg=colour)} {finding.check}: {finding.message}")
        if finding.advice:
            click.echo(f"    → {finding.advice}")
