"""When backups are made, in words."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_date
from flask_babel import get_locale, gettext, ngettext

from podcast_server.site.backup_plan import RHYTHMS, BackupPlan

_A_MONDAY = date(2026, 6, 1)


def rhythm_words(every: str) -> str:
    """One rhythm: never, every day, or a day of the week."""
    if every == "never":
        return str(gettext("Never by themselves"))
    if every == "daily":
        return str(gettext("Every day"))
    day = format_date(_A_MONDAY + timedelta(days=int(every)), "EEEE", locale=get_locale() or "en")
    return str(gettext("Every %(weekday)s", weekday=day))


def rhythm_choices() -> list[tuple[str, str]]:
    """All rhythms there are."""
    return [(each, rhythm_words(each)) for each in RHYTHMS]


def plan_words(plan: BackupPlan) -> str:
    """What holds now."""
    rhythm = plan.rhythm
    if rhythm is None:
        return str(ngettext("every hour", "every %(num)d hours", plan.hours))
    if rhythm.every == "never":
        return rhythm_words("never")
    words = gettext(
        "%(day)s at %(hour)s:00 (%(zone)s)",
        day=rhythm_words(rhythm.every),
        hour=f"{rhythm.hour:02}",
        zone=rhythm.zone,
    )
    return str(words)
