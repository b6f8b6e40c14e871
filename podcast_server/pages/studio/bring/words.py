"""The states of an import, and what the job says of it, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from podcast_server.pages.studio import reasons
from podcast_server.pages.studio.known import N_, translated

SENTENCES = (
    # of a feed
    N_("the feed is locked (podcast:locked): only its owner may bring it over"),
    N_("the feed says that it has moved already (itunes:new-feed-url)"),
    N_("the feed has no podcast:guid: the show gets one of its own"),
    N_("no category of the feed is one of Apple's: choose one"),
    N_("the feed has no artwork: upload one"),
    N_("some items have no date: they keep the order they stand in"),
    N_("this is not a podcast feed"),
    N_("this is a web page and not a podcast feed: look for its RSS address"),
    N_("the feed has more than %(number)s items"),
    N_("the feed is too damaged to be read: have it mended by its host"),
    N_("the feed declares entities, which no podcast feed needs"),
    N_("the feed has tags as no podcast feed has them"),
    N_("the feed breaks off in the middle: try again later"),
    N_("look at the feed first"),
    N_("a file cannot be followed: give the feed's address"),
    N_("the address was sealed with other keys: give it again"),
    N_("there is no such import"),
    # of an episode
    N_("there is no audio in this item"),
    N_("this is a film and not audio"),
    N_("this is %(kind)s and not audio"),
    N_("its guid is longer than %(number)s characters"),
    N_("another item has the same guid"),
    # of the way there
    N_("an address must begin with https:// or http://"),
    N_("%(host)s leads into a private network, where we do not go"),
    N_("%(host)s redirects without end"),
    N_("the address at %(host)s cannot be used"),
    N_("%(host)s cannot be reached"),
    N_("%(host)s broke the connection off"),
    N_("%(host)s does not let us in (%(status)s): check address and password"),
    N_("%(host)s says that this is not there (%(status)s)"),
    N_("%(host)s answers %(status)s"),
    N_("it is larger than %(most)s MB"),
    N_("the file is larger than %(most)s MB"),
    N_("it comes too slowly"),
    N_("the connection broke off"),
    N_("the file changed while it was fetched"),
    N_("the other side sent another part than we asked for"),
    N_("there is no room on this server's disk"),
    # what is to be done at the old host
    N_("it leads elsewhere: set it to %(address)s"),
    N_(
        "only for the time being (302): ask the old host for a permanent redirect (301), or apps "
        "will go on asking there"
    ),
    N_(
        "not yet: in the old host's settings look for “redirect”, “move your podcast” or "
        "“new feed address”, and give it the address of the feed here"
    ),
    N_("%(number)s are missing, first “%(title)s”: bring the feed over again"),
    N_("set the new feed address to %(address)s at the old host, if it can do that"),
    N_("the show here has another one: apps will take it for another podcast"),
    N_("unlock it at the old host, or directories may refuse the move"),
)
# What stands before a reason: what was left out, or which field it is about.
_ABOUT = {
    "left out": _("left out"),
    "its chapters are left out": _("its chapters are left out"),
    "its picture is left out": _("its picture is left out"),
    "the show's artwork is left out": _("the show’s artwork is left out"),
    "a transcript is left out": _("a transcript is left out"),
    "title": _("Title"),
    "number": _("Number"),
    "season": _("Season"),
    "type": _("Kind"),
    "link": _("Link"),
}


def reason_words(text: str) -> str:
    """A reason in the reader's language, with what it is about before it."""
    about, _colon, why = text.partition(": ")
    if about in _ABOUT and why:
        return str(gettext("%(what)s: %(why)s", what=_ABOUT[about], why=reason_words(why)))
    return translated(text, SENTENCES) or translated(text, reasons.SENTENCES) or text


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
