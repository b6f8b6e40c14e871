"""The letters about feeds that look shared. They accuse nobody: often it is an accident."""

from __future__ import annotations

from podcast_server.i18n import translations
from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import speaker


def shared_notice_letter(
    language: str, show: str, member: str, days: int, studio: str, *, mails_member: bool
) -> Letter:
    """To the podcaster: this feed is fetched widely. Nothing has been done yet. ``mails_member``:
    the show lets the member be asked by and by."""
    _ = speaker(language)
    on_days = translations(language).ngettext(
        "On %(num)d day of the last month more people than one seemed to fetch it.",
        "On %(num)d days of the last month more people than one seemed to fetch it.",
        days,
    )
    return Letter(
        kind="feed_shared_notice",
        language=language,
        subject=_("A private feed of %(show)s is used widely") % {"show": show},
        paragraphs=[
            _("It belongs to %(member)s.") % {"member": member},
            on_days % {"num": days},
            _("Nothing is blocked. If it goes on, the member gets a kind mail in a week.")
            if mails_member
            else _("Nothing is blocked, and nobody is written to."),
        ],
        action=(_("See the figures"), studio),
        after=[_("There you also decide how far things go by themselves.")],
    )


def shared_letter(language: str, show: str, reset: str, figures: str) -> Letter:
    """To the member: your feed is used more widely than one person does."""
    _ = speaker(language)
    return Letter(
        kind="feed_shared",
        language=language,
        subject=_("Your feed of %(show)s is used in many places") % {"show": show},
        paragraphs=[
            _(
                "On several days, more copies of an episode were fetched through your private "
                "feed than one person needs. Perhaps its address has got out without your doing."
            ),
            _("A reset gives you a new address, and the old one stops. It takes a minute."),
        ],
        action=(_("Reset my feed"), reset),
        after=[
            _("What we counted, and how: %(link)s") % {"link": figures},
            _("All those listeners are you? Then there is nothing to do; nothing is blocked."),
        ],
    )


def shared_reset_letter(language: str, show: str, link: str) -> Letter:
    """To the member: the feed was reset by the show's rule."""
    _ = speaker(language)
    return Letter(
        kind="feed_shared_reset",
        language=language,
        subject=_("Your feed of %(show)s has a new address") % {"show": show},
        paragraphs=[
            _(
                "Your private feed was still used in many places, so its address was replaced, "
                "as this show’s rule is. Your membership has not changed."
            ),
            _("Add the new address to your podcast app. The old feed there can be removed."),
        ],
        action=(_("Find the new address"), link),
        after=[_("We got it wrong? Answer this mail or write to the podcaster.")],
    )
