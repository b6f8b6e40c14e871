"""The composition root: settings in, everything the edges need out, built once per process."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from episodes.storage.base import Storage, StorageSettings
from episodes.storage.choose import open_storage
from feeds.delivery.lane import Lane, Limits
from feeds.delivery.lookup import Lookup
from feeds.delivery.memory import FeedMemory
from feeds.delivery.postgresql_watch import PostgresqlWatch
from feeds.delivery.sqlite_watch import watch_sqlite
from feeds.delivery.throttle import Shared
from feeds.downloads.agents import Classifier
from feeds.downloads.choose import choose_agents
from feeds.downloads.country import CountryOf, no_country, open_countries
from feeds.downloads.record import HitBuffer, Recorder
from feeds.downloads.write import entry_writer, loss_counter
from feeds.editions import Editions
from feeds.personalise import PreparedDocument, prepare
from feeds.rendering.assemble import Addresses, Assembler
from feeds.rendering.document import FeedDocument
from feeds.rendering.sentinels import SENTINELS
from feeds.rendering.write import write_feed
from feeds.tokens import Tokens, load_key_ring
from podcast_server.billing.dunning import Rules
from podcast_server.billing.providers.choose import Providers, ProviderSettings, open_providers
from podcast_server.billing.till import Terms, Till, Toggles
from podcast_server.database import commit_mark, open_engine, reading, session_factory
from podcast_server.limits.counter import shared_counter
from podcast_server.mail.letterhead import Letterhead
from podcast_server.mail.transport import Transport, choose_transport
from podcast_server.sealing import KeyVault
from podcast_server.settings import Settings, SiteSettings
from podcast_server.site import backup_plan as backup_plans
from podcast_server.site import logo as logos
from podcast_server.site import mail_server as mail_servers
from podcast_server.site.choices import SiteChoices

log = logging.getLogger(__name__)

# Threads that local audio may never take, so that feeds are always answered.
RESERVED_THREADS = 32


def now_utc() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """What commands, views and jobs work with."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    storage: Storage
    tokens: Tokens
    addresses: Addresses
    classify: Classifier  # user agent → app
    providers: Providers
    till: Till
    site_choices: SiteChoices = field(default_factory=SiteChoices)

    @property
    def site(self) -> SiteSettings:
        """The site's settings with what the owner chose in the studio."""
        return self.site_choices.over(self.settings.site, self.engine)

    @property
    def current(self) -> Settings:
        """All settings, with those that the owner can choose as they are now."""
        return self.settings.model_copy(update={"site": self.site, "mail": self.mail_server.usable})

    @property
    def mail_server(self) -> mail_servers.MailServer:
        """How mail leaves: as the operator says, else as the owner chose in the studio."""
        kept = self.site_choices.section(mail_servers.SECTION, self.engine)
        return mail_servers.mail_server(self.settings.mail, kept, self.mail_vault)

    @property
    def logo(self) -> logos.SiteLogo | None:
        """The site's logo, if there is one."""
        return logos.site_logo(self.site_choices.section(logos.SECTION, self.engine))

    @property
    def backup_plan(self) -> backup_plans.BackupPlan:
        """When backups are made: as the operator says, else as the owner chose in the studio."""
        kept = self.site_choices.section(backup_plans.SECTION, self.engine)
        return backup_plans.backup_plan(self.settings.backup, kept)

    @property
    def mail_vault(self) -> KeyVault:
        """What seals the password of the mail server."""
        return KeyVault(self.tokens, mail_servers.PURPOSE)

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


def open_services(settings: Settings) -> Services:
    """Open database, storage and signing keys. Raises the errors of each, with advice."""
    # First, so that nothing is made where `init` was not run yet.
    tokens = Tokens(load_key_ring(settings.keys_file))
    engine = open_engine(settings.database_url)
    sessions = session_factory(engine)
    providers = open_providers(provider_settings(settings), sessions, now_utc)
    return Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        storage=open_storage(storage_settings(settings)),
        tokens=tokens,
        addresses=Addresses(settings.site.public_url),
        classify=choose_agents(settings.agent_list),
        providers=providers,
        till=open_till(settings, engine, sessions, tokens, providers),
    )


def provider_settings(settings: Settings) -> ProviderSettings:
    """The payment sections in the terms of the billing package."""
    return ProviderSettings(
        public_url=settings.site.public_url,
        stripe_key=settings.stripe.secret_key.get_secret_value(),
        stripe_webhook_secrets=tuple(
            secret.get_secret_value() for secret in settings.stripe.webhook_secrets
        ),
        stripe_api_base=settings.stripe.api_base,
    )


def open_till(
    settings: Settings,
    engine: Engine,
    sessions: sessionmaker[Session],
    tokens: Tokens,
    providers: Providers,
) -> Till:
    """Where money is taken, by the podcaster's rules."""
    payments = settings.payments
    by_realm = providers.by_realm()
    return Till(
        engine=engine,
        sessions=sessions,
        selling=providers.selling,
        providers=by_realm,
        terms=Terms(
            rules=Rules(
                grace=timedelta(days=payments.grace_days),
                refund_closes=payments.refund_ends_access,
            ),
            signing_key=tokens.newest,
            gift_secret=tokens.derive(b"podcast-server.gifts"),
            realms=frozenset(by_realm),
        ),
        public_url=settings.site.public_url,
        toggles=Toggles(
            promotion_codes=payments.promotion_codes,
            automatic_tax=payments.automatic_tax,
            billing_address=payments.billing_address,
        ),
    )


def storage_settings(settings: Settings) -> StorageSettings:
    """The storage section in the terms of the storage package."""
    section = settings.storage
    return StorageSettings(
        backend=section.backend,
        folder=settings.data / section.folder,
        bucket=section.bucket,
        endpoint=section.endpoint,
        region=section.region,
        prefix=section.prefix,
        access_key=section.access_key.get_secret_value(),
        secret_key=section.secret_key.get_secret_value(),
    )


def open_transport(services: Services) -> Transport | None:
    """How mail leaves now, with the site's logo at its head; None where no mail server is set."""
    transport = choose_transport(services.current.mail)
    logo = services.logo
    if transport is None or logo is None:
        return transport
    with reading(services.engine) as session:
        data = logos.logo_data(session)
    return Letterhead(transport, data, says_the_name=logo.is_wide) if data else transport


def build_edition(document: FeedDocument) -> PreparedDocument:
    """Render a document and prepare it for splicing tokens in."""
    return prepare(
        write_feed(document),
        tuple(sentinel.encode() for sentinel in SENTINELS),
    )


def choose_countries(settings: Settings) -> CountryOf:
    """From an address to its country, as far as the operator lets us know. CountryDatabaseError."""
    file = settings.country_database
    return no_country if file is None else open_countries(file)


def open_recorder(services: Services) -> HitBuffer:
    """The buffer of one process between answers and statistics; not yet started."""
    return HitBuffer(
        entry_writer(
            services.sessions,
            services.tokens.derive(b"podcast-server.addresses"),
            choose_countries(services.settings),
            services.classify,
        ),
        note_lost=loss_counter(services.sessions, now_utc),
    )


def open_memory(engine: Engine, size: int) -> FeedMemory | None:
    """What one process remembers of so many feeds between polls; None for size 0 and where
    changes cannot be noticed. Whoever opens it closes it."""
    if not size:
        return None
    if engine.dialect.name == "postgresql":
        return FeedMemory(PostgresqlWatch(engine), size)
    try:
        watch = watch_sqlite(engine, commit_mark(str(engine.url.database)))
    except OSError as error:
        log.warning("feeds are looked up each time, for no mark can be left: %s", error)
        return None
    return None if watch is None else FeedMemory(watch, size)


def open_lane(services: Services, recorder: Recorder, memory: FeedMemory | None = None) -> Lane:
    """The delivery lane of one process."""
    settings = services.settings
    streams = max(1, settings.server.threads - RESERVED_THREADS)
    return Lane(
        tokens=services.tokens,
        lookup=Lookup(services.engine, memory),
        editions=Editions(
            Assembler(services.engine, services.addresses),
            build_edition,
            max_bytes=settings.feeds.edition_cache_mb * 1024 * 1024,
            folder=settings.data / "cache" / "editions",
        ),
        storage=services.storage,
        recorder=recorder,
        clock=time.time,
        limits=Limits(settings.feeds.guesses_per_minute, streams, settings.limits.feed_per_minute),
        accel_prefix=settings.server.accel_prefix,
        shared=limit_counter(services),
        artwork=services.addresses.artwork,
    )


def limit_counter(services: Services) -> Shared:
    """The counter that holds limits together over all processes."""
    return shared_counter(services.sessions, services.tokens.derive(b"podcast-server.limits"))
