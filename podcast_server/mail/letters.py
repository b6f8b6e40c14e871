"""The letters about signing in and feeds, in every language. One function each."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from podcast_server.i18n import translations
from podcast_server.mail.letter import Letter


def speaker(language: str) -> Callable[[str], str]:
    """gettext in one language, for letters written outside of a request."""
    return cast("Callable[[str], str]", translations(language).gettext)


def sign_in_letter(language: str, site: str, link: str, code: str) -> Letter:
    """The way in: a link for the browser that asked, a code for any other."""
    _ = speaker(language)
    return Letter(
        kind="sign_in",
        language=language,
        subject=_("Your way in to %(site)s") % {"site": site},
        paragraphs=[
            _("Open the link in the browser where you asked for it, or type this code there:")
        ],
        code=code,
        action=(_("Sign in"), link),
        after=[
            _("Both work once, for fifteen minutes."),
            _("You did not ask for this? Then nothing happens; you can delete this mail."),
        ],
    )


def unknown_letter(language: str, site: str, home: str) -> Letter:
    """To somebody who asked to sign in with an address that no membership belongs to."""
    _ = speaker(language)
    return Letter(
        kind="sign_in_unknown",
        language=language,
        subject=_("Signing in to %(site)s") % {"site": site},
        paragraphs=[
            _("Somebody, probably you, asked to sign in with this address."),
            _("No membership belongs to it. Perhaps you joined with another address?"),
        ],
        action=(_("See the podcasts"), home),
        after=[_("You did not ask for this? Then nothing happens; you can delete this mail.")],
    )


def join_letter(language: str, show: str, link: str, code: str) -> Letter:
    """The confirmation that opens a free membership."""
    _ = speaker(language)
    return Letter(
        kind="join",
        language=language,
        subject=_("Confirm your address for %(show)s") % {"show": show},
        paragraphs=[
            _("One step is left: confirm that this address is yours."),
            _("Open the link in the browser where you asked for it, or type this code there:"),
        ],
        code=code,
        action=(_("Confirm and get my feed"), link),
        after=[
            _("Both work once, for fifteen minutes."),
            _("You did not ask for this? Then nothing happens; you can delete this mail."),
        ],
    )


def add_letter(language: str, show: str, link: str) -> Letter:
    """The buttons that add a feed, to be opened on the phone."""
    _ = speaker(language)
    return Letter(
        kind="add_feed",
        language=language,
        subject=_("%(show)s in your podcast app") % {"show": show},
        paragraphs=[
            _("Open this on the phone or computer where you listen, and tap your app."),
        ],
        action=(_("Choose my app"), link),
        after=[
            _("The link works for one day and is for you alone: it opens your own feed."),
        ],
    )


def nudge_letter(language: str, show: str, link: str) -> Letter:
    """For who is a member and has not added the feed anywhere."""
    _ = speaker(language)
    return Letter(
        kind="nudge",
        language=language,
        subject=_("%(show)s is waiting for you") % {"show": show},
        paragraphs=[
            _("You are a member, and no podcast app of yours has asked for the episodes yet."),
            _("Open this on the phone where you listen, and tap your app: that is all."),
        ],
        action=(_("Choose my app"), link),
        after=[
            _("The link works for a week and is for you alone: it opens your own feed."),
        ],
    )


def reset_letter(language: str, show: str, link: str) -> Letter:
    """Word that a feed was reset, in case it was somebody else who did it."""
    _ = speaker(language)
    return Letter(
        kind="feed_reset",
        language=language,
        subject=_("Your feed of %(show)s was reset") % {"show": show},
        paragraphs=[
            _("The old address no longer plays episodes. Add the new one to your podcast app."),
        ],
        action=(_("Find the new address"), link),
        after=[_("It was not you? Sign in, reset it again, and end the other sessions.")],
    )


def reported_letter(language: str, show: str, link: str) -> Letter:
    """Word that somebody who found the feed had it closed, and where the new one is."""
    _ = speaker(language)
    return Letter(
        kind="feed_reported",
        language=language,
        subject=_("Your feed of %(show)s was reported and replaced") % {"show": show},
        paragraphs=[
            _("Somebody came across your private feed and reported it, so its address is closed."),
            _("Nothing is lost: a new address is ready. Add it to your podcast app."),
        ],
        action=(_("Find the new address"), link),
        after=[
            _(
                "An address usually gets out by being shared or imported into a public app. "
                "Nobody was told whose feed it is."
            )
        ],
    )
