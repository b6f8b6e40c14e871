"""The feed doctor's findings in the reader's language, for the member's pages and the studio."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext, ngettext

from feeds.doctor import Code, Finding, Level
from podcast_server.i18n import format_ago


@dataclass(frozen=True, slots=True)
class Said:
    """One finding in words. ``advice`` says what to do, "" for nothing."""

    code: Code
    level: Level
    text: str
    advice: str = ""


def in_words(findings: Iterable[Finding], now: datetime) -> list[Said]:
    """The findings as sentences, in the same order."""
    return [_say(finding, now) for finding in findings]


def _say(finding: Finding, now: datetime) -> Said:
    app = finding.app or gettext("An app")
    ago = format_ago(finding.at, now) if finding.at else ""
    text, advice = _SENTENCES[finding.code](finding, app, ago)
    return Said(finding.code, finding.level, text, advice)


Sentence = Callable[[Finding, str, str], tuple[str, str]]


def _closed(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return gettext("This feed is closed. It no longer plays anywhere."), ""


def _replaced(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return gettext("This feed was reset; a new address took its place."), ""


def _lapsed(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return (
        gettext("The membership has ended: apps get the free episodes and a note about it."),
        gettext("Everything returns to the same feed when the membership does."),
    )


def _card_failing(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return (
        gettext("The last payment did not go through. Everything still plays."),
        gettext("Look at the card, so that it stays so."),
    )


def _only_free(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return gettext("Without a membership apps get the free episodes."), ""


def _waiting(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return gettext("Waiting for the app to come for the first time."), ""


def _never_fetched(_finding: Finding, _app: str, _ago: str) -> tuple[str, str]:
    return (
        gettext("No app has ever come for this feed."),
        gettext("Open “Add to an app” again on the device where you listen."),
    )


def _up_to_date(_finding: Finding, app: str, ago: str) -> tuple[str, str]:
    return gettext("%(app)s came %(ago)s and has everything.", app=app, ago=ago), ""


def _behind(finding: Finding, app: str, ago: str) -> tuple[str, str]:
    text = gettext(
        "%(app)s came %(ago)s, before “%(episode)s” was out.",
        app=app,
        ago=ago,
        episode=finding.episode,
    )
    if finding.by_server:
        return text, gettext("It looks by itself every few hours. There is nothing to do.")
    return text, gettext("It looks by itself every few hours; refreshing in the app is quicker.")


def _stuck(finding: Finding, app: str, ago: str) -> tuple[str, str]:
    text = ngettext(
        "%(app)s last came %(ago)s and lacks %(num)d episode.",
        "%(app)s last came %(ago)s and lacks %(num)d episodes.",
        finding.missing,
        app=app,
        ago=ago,
    )
    return text, gettext(
        "Open the app and refresh. If nothing changes, remove the show there and add it again. "
        "An app you no longer use needs nothing."
    )


def _quiet(_finding: Finding, app: str, ago: str) -> tuple[str, str]:
    return (
        gettext("%(app)s last came %(ago)s. It has missed nothing since.", app=app, ago=ago),
        gettext("If you still use it, open it once."),
    )


def _failed(finding: Finding, app: str, ago: str) -> tuple[str, str]:
    return (
        gettext(
            "%(app)s came %(ago)s, and our server could not answer (%(status)d).",
            app=app,
            ago=ago,
            status=finding.status,
        ),
        gettext("It will try again by itself."),
    )


def _old_address(_finding: Finding, app: str, ago: str) -> tuple[str, str]:
    return (
        gettext("%(app)s still asked for the old address %(ago)s.", app=app, ago=ago),
        gettext("Remove the old feed from the app and add this one."),
    )


def _played(finding: Finding, app: str, ago: str) -> tuple[str, str]:
    if finding.app:
        return gettext(
            "Last loaded: “%(episode)s”, %(ago)s, by %(app)s.",
            episode=finding.episode,
            ago=ago,
            app=app,
        ), ""
    return gettext("Last loaded: “%(episode)s”, %(ago)s.", episode=finding.episode, ago=ago), ""


def _exposed(_finding: Finding, _app: str, ago: str) -> tuple[str, str]:
    return (
        gettext("%(ago)s this address was asked for without encryption.", ago=ago),
        gettext(
            "Whoever ran that network could have read it. To be safe, reset it and add the new one."
        ),
    )


_SENTENCES: dict[Code, Sentence] = {
    "closed": _closed,
    "replaced": _replaced,
    "lapsed": _lapsed,
    "card_failing": _card_failing,
    "only_free": _only_free,
    "waiting": _waiting,
    "never_fetched": _never_fetched,
    "up_to_date": _up_to_date,
    "behind": _behind,
    "stuck": _stuck,
    "quiet": _quiet,
    "failed": _failed,
    "old_address": _old_address,
    "played": _played,
    "exposed": _exposed,
}
