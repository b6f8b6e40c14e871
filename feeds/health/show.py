"""What makes a show whole, after PSP-1, Apple's requirements and the podcast namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from episodes.categories import is_category
from feeds.health.rule import Rule, is_https, odd_artwork, say, size_of
from feeds.rendering.document import FeedDocument, FeedItem
from feeds.rendering.limits import MAX_DESCRIPTION, MAX_NAME, MAX_TEXT, clean

MEDIUMS = {"podcast", "music", "video", "film", "audiobook", "newsletter", "blog", "course"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
_YEAR = re.compile(r"copyright|©|\(c\)|\b(?:19|20)\d\d\b", re.IGNORECASE)


def _is_uuid5(text: str) -> bool:
    try:
        return UUID(text).version == 5
    except ValueError:
        return False


def _person_urls(parts: Iterable[FeedDocument | FeedItem]) -> Iterator[str]:
    for part in parts:
        for person in part.persons:
            yield from (url for url in (person.img, person.href) if url)


SHOW_RULES: tuple[Rule[FeedDocument], ...] = (
    Rule("error", "no_title", lambda d: not clean(d.title), say("The show has no name.")),
    Rule(
        "warning",
        "title_too_long",
        lambda d: len(d.title) > MAX_TEXT,
        say("The show's name is longer than 255 characters and is cut in the feed."),
    ),
    Rule(
        "hint",
        "title_keywords",
        lambda d: "|" in d.title,
        say("The show's name should be the name alone. Directories may reject words after “|”."),
    ),
    Rule(
        "error",
        "no_description",
        lambda d: not clean(d.description),
        say("The show has no description. Directories ask for one."),
    ),
    Rule(
        "warning",
        "description_too_long",
        lambda d: size_of(d.description) > MAX_DESCRIPTION,
        say("The show's description is longer than 4000 bytes; apps get the first part only."),
    ),
    Rule(
        "error",
        "no_artwork",
        lambda d: not d.image_url,
        say("The show has no cover. Directories want a square picture, 1400 to 3000 pixels wide."),
    ),
    Rule(
        "warning",
        "artwork_name",
        lambda d: odd_artwork(d.image_url),
        say("The cover's address should end in .jpg or .png; some apps show nothing otherwise."),
    ),
    Rule(
        "error",
        "no_category",
        lambda d: not d.categories,
        say("The show has no category. Choose one or two, the most fitting first."),
    ),
    Rule(
        "error",
        "unknown_category",
        lambda d: not all(is_category(top, sub) for top, sub in d.categories),
        say("A category of the show is not one of Apple's, so directories will not list it there."),
    ),
    Rule(
        "error",
        "language",
        lambda d: not _LANGUAGE.fullmatch(d.language),
        say("The show's language should be a code such as en, en-gb or fr."),
    ),
    Rule(
        "warning",
        "no_author",
        lambda d: not clean(d.author),
        say("The show does not say who makes it. Apps show that under the name."),
    ),
    Rule(
        "hint",
        "no_owner",
        lambda d: not d.private and not clean(d.owner_email),
        say("There is no owner's e-mail. Directories send a code there when you claim the show."),
    ),
    Rule(
        "hint",
        "owner_in_private_feed",
        lambda d: d.private and bool(clean(d.owner_email)),
        say("The owner's e-mail stands in a private feed, where no directory needs it."),
    ),
    Rule(
        "warning",
        "website",
        lambda d: not is_https(d.link),
        say("The show's website is missing or does not begin with https://."),
    ),
    Rule(
        "error",
        "feed_address",
        lambda d: not is_https(d.self_url),
        say("The feed's own address does not begin with https://. Many apps refuse plain http."),
    ),
    Rule(
        "error",
        "new_address",
        lambda d: d.new_feed_url is not None and not is_https(d.new_feed_url),
        say("The address that the feed moves to does not begin with https://."),
    ),
    Rule(
        "hint",
        "copyright",
        lambda d: bool(_YEAR.search(d.copyright)),
        say("The copyright line should be the holder's name alone: no “Copyright”, © or year."),
    ),
    Rule(
        "warning",
        "podcast_guid",
        lambda d: not _is_uuid5(d.podcast_guid),
        say("The show has no proper identity (podcast:guid), so it may be listed twice if moved."),
    ),
    Rule(
        "warning",
        "medium",
        lambda d: d.medium not in MEDIUMS,
        say("The show's medium is not one that apps know, such as podcast, course or audiobook."),
    ),
    Rule(
        "error",
        "type",
        lambda d: d.type not in {"episodic", "serial"},
        say("The show must be either episodic (newest first) or serial (from the beginning)."),
    ),
    Rule(
        "hint",
        "funding_text",
        lambda d: d.funding is not None and len(d.funding.text) > MAX_NAME,
        say("The words beside the support link are longer than 128 characters and are cut."),
    ),
    Rule(
        "warning",
        "person_address",
        lambda d: any(not is_https(url) for url in _person_urls((d, *d.items))),
        say("A person's picture or page has an address that does not begin with https://."),
    ),
    Rule(
        "error",
        "no_episodes",
        lambda d: not any(item.enclosure for item in d.items),
        say(
            "There is no episode with audio. Directories take a show once it has one; a trailer "
            "is enough."
        ),
    ),
)
