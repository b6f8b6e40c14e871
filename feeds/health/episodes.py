"""What makes an episode whole, by itself and among the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from feeds.health.rule import Rule, is_https, odd_artwork, say, size_of
from feeds.rendering.document import FeedDocument, FeedItem
from feeds.rendering.limits import MAX_DESCRIPTION, MAX_TEXT, clean

# What podcast apps play everywhere, and the endings that Apple goes by.
PLAYABLE = {"audio/mpeg", "audio/mp4", "audio/m4a", "audio/x-m4a", "video/mp4", "video/x-m4v"}
ENDINGS = (".mp3", ".m4a", ".m4v", ".mp4")
TRANSCRIPTS = {
    "text/vtt",
    "text/plain",
    "text/html",
    "application/json",
    "application/x-subrip",
    "application/srt",
}
_NUMBERED = re.compile(
    r"^\W*(?:(?:episode|ep\.?|folge|épisode|episodio|season|s)\s*#?\d|#\s*\d|\d{1,3}\s*[-–—:.|)]\s)",
    re.IGNORECASE,
)


ITEM_RULES: tuple[Rule[FeedItem], ...] = (
    Rule("error", "no_title", lambda i: not clean(i.title), say("An episode has no title.")),
    Rule(
        "warning",
        "title_too_long",
        lambda i: len(i.title) > MAX_TEXT,
        say("“{title}”: the title is longer than 255 characters and is cut in the feed."),
    ),
    Rule(
        "hint",
        "title_number",
        lambda i: bool(_NUMBERED.search(i.title)),
        say(
            "“{title}”: leave the number out of the title and fill in season and episode instead; "
            "apps show it by themselves."
        ),
    ),
    Rule(
        "hint", "no_notes", lambda i: not clean(i.notes_html), say("“{title}” has no show notes.")
    ),
    Rule(
        "hint",
        "notes_too_long",
        lambda i: size_of(i.notes_html) > MAX_DESCRIPTION,
        say("“{title}”: the notes are longer than 4000 bytes; some apps show only the first part."),
    ),
    Rule(
        "hint",
        "no_audio",
        lambda i: i.enclosure is None,
        say("“{title}” has no audio, so many apps will not list it."),
    ),
    Rule(
        "error",
        "empty_audio",
        lambda i: i.enclosure is not None and i.enclosure.length <= 0,
        say("“{title}”: the audio file is empty."),
    ),
    Rule(
        "warning",
        "audio_format",
        lambda i: i.enclosure is not None and i.enclosure.mime not in PLAYABLE,
        say("“{title}”: this audio format does not play in every app. MP3 and M4A do."),
    ),
    Rule(
        "warning",
        "audio_ending",
        lambda i: i.enclosure is not None and not _path(i.enclosure.url).endswith(ENDINGS),
        say("“{title}”: the audio's address should end in .mp3 or .m4a; Apple goes by the ending."),
    ),
    Rule(
        "error",
        "audio_address",
        lambda i: i.enclosure is not None and not is_https(i.enclosure.url),
        say("“{title}”: the audio's address must begin with https:// and hold plain letters only."),
    ),
    Rule(
        "warning",
        "no_duration",
        lambda i: i.enclosure is not None and not i.duration,
        say("“{title}”: the length of the audio is not known, so apps show none."),
    ),
    Rule(
        "warning",
        "page_address",
        lambda i: bool(i.link) and not is_https(i.link),
        say("“{title}”: the episode's page does not begin with https://."),
    ),
    Rule(
        "warning",
        "artwork_name",
        lambda i: odd_artwork(i.image_url),
        say("“{title}”: the picture's address should end in .jpg or .png."),
    ),
    Rule(
        "error",
        "type",
        lambda i: i.episode_type not in {"full", "trailer", "bonus"},
        say("“{title}” must be a full episode, a trailer or a bonus."),
    ),
    Rule(
        "hint",
        "trailer_number",
        lambda i: i.episode_type == "trailer" and i.episode is not None,
        say(
            "“{title}” is a trailer with an episode number: apps take it for that episode's own "
            "trailer. Leave the number out to announce the show or the season."
        ),
    ),
    Rule(
        "warning",
        "number_nought",
        lambda i: i.episode == 0 or i.season == 0,
        say("“{title}”: Apple counts seasons and episodes from 1 and ignores a nought."),
    ),
    Rule(
        "error",
        "no_guid",
        lambda i: not clean(i.guid),
        say("“{title}” has no identity (guid), so apps may list it again and again."),
    ),
    Rule(
        "warning",
        "transcript",
        lambda i: any(
            link.mime not in TRANSCRIPTS or not is_https(link.url) for link in i.transcripts
        ),
        say(
            "“{title}”: a transcript has a format or address that apps cannot use. WebVTT is best."
        ),
    ),
)


def _path(url: str) -> str:
    return url.partition("?")[0].lower()


def rules_among(document: FeedDocument) -> Iterator[Rule[FeedItem]]:
    """Rules about an episode among the others of its document."""
    guids = _repeated(item.guid for item in document.items)
    sounds = _repeated(item.enclosure.url for item in document.items if item.enclosure)
    numbers = _repeated(_number(item) for item in document.items if _number(item))
    yield Rule(
        "error",
        "duplicate_guid",
        lambda i: i.guid in guids,
        say("“{title}” has the same identity (guid) as another episode; apps show only one."),
    )
    yield Rule(
        "warning",
        "duplicate_audio",
        lambda i: i.enclosure is not None and i.enclosure.url in sounds,
        say("“{title}” has the same audio as another episode; Apple ignores the second."),
    )
    yield Rule(
        "warning",
        "duplicate_number",
        lambda i: _number(i) in numbers,
        say("“{title}” has the same number as another episode of its season."),
    )
    if document.type == "serial":
        yield Rule(
            "error",
            "serial_without_number",
            lambda i: i.episode_type == "full" and i.enclosure is not None and not i.episode,
            say("“{title}” needs an episode number: in a serial show, apps order by it."),
        )


def _number(item: FeedItem) -> tuple[int | None, int] | None:
    if item.episode_type != "full" or not item.episode:
        return None
    return item.season, item.episode


def _repeated(values: Iterable[object]) -> set[object]:
    return {value for value, count in Counter(values).items() if count > 1}
