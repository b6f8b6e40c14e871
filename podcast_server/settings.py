"""Settings: ``config.toml``, then environment variables over it, secrets also from files.

``[database] url`` is overridden by ``PODCAST_SERVER_DATABASE__URL``, and read from a file
where ``PODCAST_SERVER_DATABASE__URL_FILE`` names one. Nonsense is refused at start.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from babel.numbers import list_currencies
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

PREFIX = "PODCAST_SERVER_"
# Neither credentials nor a path: pages and feeds are found from the top of a name.
_WHOLE_SITE = re.compile(r"https?://[^\s/?#@]+", re.IGNORECASE)


class SettingsError(Exception):
    """The configuration cannot be used. The text names the key, the value and what is allowed."""


class Section(BaseModel):
    """One table of config.toml. Unknown keys are refused, so a typing error cannot hide."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSettings(Section):
    """How the outside world sees this server."""

    name: str = "My podcasts"
    public_url: str = "http://127.0.0.1:8000"
    language: Literal["en", "fr"] = "en"
    accent: str = "#ffb31a"
    # Names that feeds had at another host and that point here now.
    old_hosts: list[str] = []

    @field_validator("old_hosts")
    @classmethod
    def _are_names(cls, value: list[str]) -> list[str]:
        names = [name.strip().lower().rstrip(".") for name in value]
        if any(not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) for name in names):
            raise ValueError("must be names of hosts such as feeds.example.org")
        return names

    @field_validator("accent")
    @classmethod
    def _is_a_colour(cls, value: str) -> str:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            raise ValueError("must be a colour such as #ffb31a")
        return value.lower()

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        address = value.rstrip("/")
        if not _WHOLE_SITE.fullmatch(address) or not urlsplit(address).hostname:
            raise ValueError(
                "must be an address such as https://podcast.example.org, with nothing after "
                "the name but a port"
            )
        _ = urlsplit(address).port  # raises ValueError where there can be no such port
        return address


class ServerSettings(Section):
    """The web server that ``serve`` starts."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    # Each local audio download holds one thread while it lasts; threads start on demand.
    threads: Annotated[int, Field(ge=8, le=2048)] = 512
    trusted_proxies: Annotated[int, Field(ge=0, le=8)] = 0
    # Hand local audio to the front: the internal location prefix of X-Accel-Redirect.
    accel_prefix: str = ""


class DatabaseSettings(Section):
    """SQLite inside the data folder, or PostgreSQL."""

    url: SecretStr = SecretStr("")

    @field_validator("url")
    @classmethod
    def _is_known(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if text and not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value


class StorageSection(Section):
    """Where audio, artwork and transcripts are kept."""

    backend: Literal["local", "s3"] = "local"
    folder: str = "storage"
    bucket: str = ""
    endpoint: str = ""
    region: str = ""
    prefix: str = ""
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")


class FeedSettings(Section):
    """Private feeds."""

    replaced_notice_days: Annotated[int, Field(ge=0, le=3650)] = 30
    edition_cache_mb: Annotated[int, Field(ge=8, le=65536)] = 256
    remembered: Annotated[int, Field(ge=0, le=10_000_000)] = 50_000
    guesses_per_minute: Annotated[int, Field(ge=1, le=100000)] = 60
    # A feed is looked at when one episode is fetched more than so many times over on one day,
    # on so many days of a month.
    sharing_copies: Annotated[int, Field(ge=1, le=1000)] = 6
    sharing_days: Annotated[int, Field(ge=1, le=30)] = 3


class DownloadSettings(Section):
    """Download statistics."""

    keep_raw_days: Annotated[int, Field(ge=1, le=3650)] = 90
    country_database: str = ""
    agent_list: str = ""


class MailSettings(Section):
    """Outgoing mail. With no host, mail is kept in the outbox and shown."""

    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    sender: str = ""
    # What the mail provider calls its DKIM key, for `doctor`: the name before "._domainkey".
    dkim_selector: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$")] = ""


class PaymentSettings(Section):
    """What holds for all payments, whoever takes them."""

    # A failing card keeps its member's access for so long.
    grace_days: Annotated[int, Field(ge=0, le=60)] = 7
    refund_ends_access: bool = True
    promotion_codes: bool = True
    automatic_tax: bool = False
    billing_address: bool = False
    # We write about failing cards and ending trials; False where Stripe's own mails do.
    mails: bool = True
    # What donations are paid in.
    currency: str = "eur"
    # Payments by hand: where the money goes, as the payer shall read it.
    instructions: str = ""

    @field_validator("currency")
    @classmethod
    def _is_a_currency(cls, value: str) -> str:
        if value.strip().upper() not in list_currencies():
            raise ValueError("must be a currency code such as eur or usd")
        return value.strip().lower()


class StripeSettings(Section):
    """Payments through Stripe. Empty means the podcaster confirms payments by hand."""

    secret_key: SecretStr = SecretStr("")
    webhook_secrets: list[SecretStr] = []
    api_base: str = ""


class IngestSettings(Section):
    """What is done to uploaded audio."""

    max_upload_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    convert_to: Literal["mp3", "m4a", "none"] = "none"

    @property
    def form(self) -> Literal["mp3", "m4a"] | None:
        """What to convert to; None for nothing."""
        return None if self.convert_to == "none" else self.convert_to


class ImportSettings(Section):
    """Shows that are brought over from other hosts."""

    # Files that are fetched at the same time: be a polite guest.
    connections: Annotated[int, Field(ge=1, le=8)] = 2
    # Also from this machine itself, which strangers' feeds must not reach: for trying out.
    allow_loopback: bool = False


class LogSettings(Section):
    """Logs go to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class LimitSettings(Section):
    """How often a minute; all processes count together. Over it: 429 and Retry-After."""

    # Changes (sign-in, forms, orders) by whoever is not signed in, by address.
    address_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 120
    # Changes by one account; uploads in parts are many.
    account_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 1200
    # Requests with the tokens of one private feed.
    feed_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600


class BackupSettings(Section):
    """Backups that are made by themselves."""

    folder: str = ""  # or s3://bucket/prefix; empty: none are made
    every_hours: Annotated[int, Field(ge=1, le=24 * 31)] = 24
    keep: Annotated[int, Field(ge=1, le=1000)] = 14
    # Every so many days what lies there already is read, and replaced where it is damaged.
    verify_days: Annotated[int, Field(ge=0, le=3650)] = 30
    # An age recipient (age1…): backups are encrypted, and the signing keys are in them.
    recipient: str = ""
    # For a bucket, where it is not reached as [storage] says.
    endpoint: str = ""
    region: str = ""
    access_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")

    @field_validator("recipient")
    @classmethod
    def _is_public(cls, value: str) -> str:
        if value and not value.startswith("age1"):
            raise ValueError("must begin with age1; the secret half stays elsewhere")
        return value


class MonitoringSettings(Section):
    """What machines may ask."""

    # Who may read /metrics; empty: only whoever asks from this machine itself.
    token: SecretStr = SecretStr("")
    # Where errors are reported: an address of Sentry, or of whoever speaks its language.
    sentry_dsn: SecretStr = SecretStr("")
    # Where traces go: a collector's address for OTLP over HTTP, such as http://127.0.0.1:4318.
    otlp_endpoint: str = ""
    # Of so many requests one is traced; jobs always are.
    traced_of: Annotated[int, Field(ge=1, le=1_000_000)] = 100

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_an_endpoint(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("must be an address such as http://127.0.0.1:4318")
        return value


class Settings(Section):
    """The whole configuration. ``home`` is the folder that relative paths start from."""

    home: Path = Field(default=Path(), exclude=True)
    data_folder: str = "data"
    site: SiteSettings = SiteSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSection = StorageSection()
    feeds: FeedSettings = FeedSettings()
    downloads: DownloadSettings = DownloadSettings()
    ingest: IngestSettings = IngestSettings()
    imports: ImportSettings = ImportSettings()
    mail: MailSettings = MailSettings()
    payments: PaymentSettings = PaymentSettings()
    stripe: StripeSettings = StripeSettings()
    log: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()
    backup: BackupSettings = BackupSettings()
    monitoring: MonitoringSettings = MonitoringSettings()

    @property
    def data(self) -> Path:
        """The folder of everything this server writes by itself."""
        return (self.home / self.data_folder).absolute()

    @property
    def agent_list(self) -> str:
        """Where a newer list of user agents is, an address or a path here; empty: nowhere."""
        place = self.downloads.agent_list
        return place if "://" in place or not place else str(self.home / place)

    @property
    def country_database(self) -> Path | None:
        """The file that says which country an address is of, if there is one."""
        file = self.downloads.country_database
        return self.home / file if file else None

    @property
    def keys_file(self) -> Path:
        """Signing keys: generated by ``init``, readable by the owner alone."""
        return self.data / "signing-keys.json"

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the database."""
        text = self.database.url.get_secret_value()
        if not text:
            return f"sqlite:///{self.data / 'podcast.sqlite3'}"
        return text.replace("postgresql://", "postgresql+psycopg://", 1)


def load_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read ``config`` (or defaults when None), put the environment over it, and check.

    Raises SettingsError with one line for every value that cannot be used.
    """
    values: dict[str, Any] = {}
    home = Path.cwd()
    if config is not None:
        home = config.parent
        try:
            values = tomllib.loads(config.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise SettingsError(f"{config}: cannot be read ({error.strerror})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{config}: is not valid TOML: {error}") from error
    _overlay_environment(values, environ)
    try:
        return Settings(**{**values, "home": home})
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(error))) from error


def find_config(environ: Mapping[str, str]) -> Path | None:
    """``PODCAST_SERVER_CONFIG``, else ``config.toml`` in the working folder, else None."""
    named = environ.get(PREFIX + "CONFIG")
    if named:
        return Path(named).absolute()
    here = Path.cwd() / "config.toml"
    return here if here.exists() else None


def _overlay_environment(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG":
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        if path[-1].endswith("_file") and not _is_setting(path):
            path[-1] = path[-1].removesuffix("_file")
            text = _read_secret(name, text)
        _place(values, name, path, text)


def _read_secret(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name} = {file!r}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} = {file!r}: is no text in UTF-8") from error


def _place(values: dict[str, Any], name: str, path: list[str], text: str) -> None:
    if not _is_setting(path):
        raise SettingsError(f"{name}: there is no setting {'.'.join(path)}{_did_you_mean(path)}")
    target = values
    for part in path[:-1]:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise SettingsError(f"{part} = {target!r}: must be a table")
    is_list = "list" in str(_fields(path[:-1])[path[-1]].annotation)
    target[path[-1]] = (
        [item.strip() for item in text.split(",") if item.strip()] if is_list else text
    )


def _fields(path: list[str]) -> dict[str, Any]:
    model: type[BaseModel] = Settings
    for part in path:
        found = model.model_fields.get(part)
        if found is None or not isinstance(found.annotation, type):
            return {}
        if not issubclass(found.annotation, BaseModel):
            return {}
        model = found.annotation
    return dict(model.model_fields)


def setting_names() -> list[str]:
    """Every setting as ``section.key``, for the documentation test and for suggestions."""
    names = []
    for name, field in Settings.model_fields.items():
        if name == "home":
            continue
        inner = _fields([name])
        names += [f"{name}.{key}" for key in inner] if inner else [name]
        del field
    return names


def _is_setting(path: list[str]) -> bool:
    return ".".join(path) in setting_names()


def _did_you_mean(path: list[str]) -> str:
    close = difflib.get_close_matches(".".join(path), setting_names(), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        key = ".".join(path)
        if problem["type"] == "extra_forbidden":
            lines.append(f"{key}: there is no such setting{_did_you_mean(path)}")
            continue
        secret = _is_secret(path)
        value = "(secret)" if secret else repr(problem["input"])
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{key} = {value}: {message[:1].lower()}{message[1:]}")
    return lines


def _is_secret(path: list[str]) -> bool:
    field = _fields(path[:-1]).get(path[-1])
    if field is None:
        return True
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)
