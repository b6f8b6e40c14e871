"""The states of an import, and what the job says of it, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

_REASONS = {
    "there is no audio in this item": _("there is no audio in this item"),
    "this is a film and not audio": _("this is a film and not audio"),
    "another item has the same guid": _("another item has the same guid"),
    "the feed is locked (podcast:locked): only its owner may bring it over": _(
        "the feed is locked (podcast:locked): only its owner may bring it over"
    ),
    "the feed says that it has moved already (itunes:new-feed-url)": _(
        "the feed says that it has moved already (itunes:new-feed-url)"
    ),
    "the feed has no podcast:guid: the show gets one of its own": _(
        "the feed has no podcast:guid: the show gets one of its own"
    ),
    "no category of the feed is one of Apple's: choose one": _(
        "no category of the feed is one of Apple's: choose one"
    ),
    "the feed has no artwork: upload one": _("the feed has no artwork: upload one"),
    "some items have no date: they keep the order they stand in": _(
        "some items have no date: they keep the order they stand in"
    ),
    "this is not a podcast feed": _("this is not a podcast feed"),
    "this is a web page and not a podcast feed: look for its RSS address": _(
        "this is a web page and not a podcast feed: look for its RSS address"
    ),
    "an address must begin with https:// or http://": _(
        "an address must begin with https:// or http://"
    ),
}


def reason_words(text: str) -> str:
    """A reason in the reader's language, where it is one of those that occur every day."""
    return str(_REASONS.get(text, text))


def state_words(state: str) -> str:
    """How an import stands."""
    words: dict[str, str] = {
        "looking": gettext("Looking at the feed …"),
        "looked": gettext("Ready to be brought over"),
        "copying": gettext("On its way"),
        "paused": gettext("Paused"),
        "done": gettext("Here"),
        "failed": gettext("Stopped"),
    }
    return words[state]


def item_words(state: str) -> str:
    """What became of an episode, or would."""
    words: dict[str, str] = {
        "new": gettext("will come"),
        "copied": gettext("came"),
        "here": gettext("here already"),
        "unusable": gettext("cannot come"),
        "refused": gettext("did not come"),
    }
    return words[state]


def finding_words(what: str) -> str:
    """What was looked at in a switch-over."""
    words: dict[str, str] = {
        "the old address answers": gettext("The old address answers"),
        "the old feed can be read": gettext("The old feed can be read"),
        "the old address leads here": gettext("The old address leads here"),
        "the old address leads here (301)": gettext("The old address leads here (301)"),
        "the old address leads here for good (301)": gettext("The old address leads here for good"),
        "every episode of the old feed is here": gettext("Every episode of the old feed is here"),
        "the old feed names the new one (itunes:new-feed-url)": gettext(
            "The old feed names the new one (itunes:new-feed-url)"
        ),
        "the show keeps its podcast:guid": gettext("The show keeps its podcast:guid"),
        "the old feed is unlocked (podcast:locked)": gettext(
            "The old feed is unlocked (podcast:locked)"
        ),
    }
    return words.get(what, what)
