"""Languages: which one a request speaks, its messages, and dates, times and money in it.

Messages are in ``translations/<language>/<area>.po`` and read from there, so nothing has to be
compiled and two areas can grow at once. ``python -m podcast_server.translations`` brings the
files up to date; a test fails while a message is not translated.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain, get_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from podcast_server.currencies import write_amount
from podcast_server.language_links import ASKED, language_link
from podcast_server.settings import SiteSettings

FOLDER = Path(__file__).parent / "translations"
# The language of the messages in the code, and every other that has a folder.
SOURCE = "en"
LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français"}
COOKIE = "lang"
_A_YEAR = 365 * 24 * 3600


def catalogue_files(language: str) -> list[Path]:
    """The message files of a language."""
    return sorted((FOLDER / language).glob("*.po"))


@cache
def translations(language: str) -> Translations:
    """The messages of a language; those of the source language are the keys themselves."""
    merged = Catalog(locale=language)
    for path in catalogue_files(language):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string:
                    said = with_fixed_spaces(message.string, language)
                    merged.add(message.id, said, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def with_fixed_spaces(said: str | Sequence[str], language: str) -> str | tuple[str, ...]:
    """French with the spaces that no line may break at, which nobody wants to type: within
    guillemets and before a colon, and narrow ones before ``;``, ``!`` and ``?``."""
    if not isinstance(said, str):
        return tuple(str(with_fixed_spaces(each, language)) for each in said)
    return _french_spaces(said) if language == "fr" else said


def _french_spaces(text: str) -> str:
    text = text.replace("« ", "«\N{NO-BREAK SPACE}").replace(" »", "\N{NO-BREAK SPACE}»")
    text = re.sub(" :(?= |$)", "\N{NO-BREAK SPACE}:", text)
    return re.sub(" (?=[;!?](?: |$|\N{NO-BREAK SPACE}))", "\N{NARROW NO-BREAK SPACE}", text)


class _Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's messages, taken from our files instead of compiled ones."""

    def get_translations(self) -> Translations:
        locale = get_locale()
        return translations(locale.language if locale else SOURCE)


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Catalogues()


def choose_language(
    asked: str | None, cookie: str | None, accepted: str | None, default: str
) -> str:
    """The first language we have: asked for in the address, remembered, accepted, the site's."""
    return next((each for each in (asked, cookie, accepted) if each in LANGUAGES), None) or default


def spoken_or(default: str, tag: str) -> str:
    """The language of a tag such as ``fr-ca`` where we speak it, else ``default``."""
    primary = tag.partition("-")[0].lower()
    return primary if primary in LANGUAGES else default


def install_languages(app: Flask, site: Callable[[], SiteSettings]) -> None:
    """Make the application speak; also gives the templates their filters."""

    def select() -> str:
        default = site().language
        if not has_request_context():
            return default
        return choose_language(
            request.args.get(ASKED),
            request.cookies.get(COOKIE),
            request.accept_languages.best_match(list(LANGUAGES)),
            default,
        )

    _Babel(app, default_locale=site().language, locale_selector=select)
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        duration=format_duration,
        money=format_money,
        clock=format_clock,
        ago=format_ago,
        size=format_size,
    )
    app.context_processor(lambda: {"language": current_language(), "languages": LANGUAGES})
    app.jinja_env.globals["language_link"] = language_link
    app.after_request(_remember_choice)


def _remember_choice(response: Response) -> Response:
    asked = request.args.get(ASKED, "")
    if asked in LANGUAGES and request.cookies.get(COOKIE) != asked:
        remember_language(response, asked)
    return response


def remember_language(response: AnyResponse, language: str) -> None:
    """Let the browser keep a language for a year."""
    response.set_cookie(
        COOKIE, language, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    # A cookie must never be kept by a cache that others share.
    response.headers["Cache-Control"] = "private, no-cache"


def current_language() -> str:
    """The code of the language this request is answered in."""
    locale = get_locale()
    return locale.language if locale else SOURCE


def _locale() -> Locale:
    return get_locale() or Locale(SOURCE)


def format_day(value: date | datetime, zone: str = "UTC", style: str = "long") -> str:
    """A day as people write it: 4 November 2026. ``zone`` places a moment."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(zone)).date()
    return dates.format_date(value, style, locale=_locale())


def format_moment(value: datetime, zone: str = "UTC") -> str:
    """Day, hour and minute in ``zone``."""
    local, locale = value.astimezone(ZoneInfo(zone)), _locale()
    pattern = dates.get_datetime_format("medium", locale=locale)
    time = dates.format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
    day = dates.format_date(local.date(), "medium", locale=locale)
    return str(pattern).replace("'", "").replace("{0}", time).replace("{1}", day)


def format_ago(value: datetime, now: datetime) -> str:
    """How long ago, as people say it: 3 hours ago."""
    return str(dates.format_timedelta(value - now, add_direction=True, locale=_locale()))


def format_duration(seconds: float) -> str:
    """A length of time as people say it: 1 h 5 min."""
    minutes = max(1, round(seconds / 60))
    if seconds < 60:
        return str(gettext("%(seconds)d s", seconds=round(seconds)))
    if minutes < 60:
        return str(gettext("%(minutes)d min", minutes=minutes))
    hours, rest = divmod(minutes, 60)
    return str(gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest))


def format_clock(seconds: float) -> str:
    """A place in a recording: 1:02:03, or 2:03 within the first hour."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def format_size(size: float) -> str:
    """So many bytes as people of the language write them: 74.4 GB, 74,4 Go."""
    if size < 1_000_000:
        return str(gettext("%(number)s kB", number=format_number(size / 1000, 0)))
    if size < 1_000_000_000:
        return str(gettext("%(number)s MB", number=format_number(size / 1_000_000, 1)))
    return str(gettext("%(number)s GB", number=format_number(size / 1_000_000_000, 1)))


def format_number(value: float, decimals: int) -> str:
    """A number with at most so many decimals."""
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return str(numbers.format_decimal(value, format=pattern, locale=_locale()))


def format_money(amount: int, currency: str) -> str:
    """Money from minor units (cents): 1250, "eur" → €12.50, without empty cents."""
    return write_amount(amount, currency.lower(), _locale(), short=True)
