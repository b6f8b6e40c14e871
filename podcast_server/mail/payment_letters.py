"""The letters about money, in every language. One function each."""

from __future__ import annotations

from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import speaker


def welcome_letter(language: str, what: str, link: str, receipts: str, *, add: str) -> Letter:
    """A payment opened something. ``add`` leads straight to the buttons that add the feed, for
    one day, on whatever device; ``link`` stays, and asks to sign in."""
    _ = speaker(language)
    afterwards = _("Your receipts: %(link)s") % {"link": receipts}
    if add:
        return Letter(
            kind="welcome",
            language=language,
            subject=_("Welcome to %(what)s") % {"what": what},
            paragraphs=[
                _("Thank you. Your payment has arrived and everything is open."),
                _("Open this on the phone or computer where you listen, and tap your app."),
            ],
            action=(_("Choose my app"), add),
            after=[
                _("The link works for one day and is for you alone: it opens your own feed."),
                _("Later you find it here: %(link)s") % {"link": link},
                afterwards,
            ],
        )
    return Letter(
        kind="welcome",
        language=language,
        subject=_("Welcome to %(what)s") % {"what": what},
        paragraphs=[
            _("Thank you. Your payment has arrived and everything is open."),
            _("Your own feed waits for you: sign in with this address and tap your podcast app."),
        ],
        action=(_("To my feed"), link),
        after=[afterwards],
    )


def failing_letter(language: str, what: str, until: str, link: str) -> Letter:
    """A renewal failed, and there is still time."""
    _ = speaker(language)
    return Letter(
        kind="payment_failed",
        language=language,
        subject=_("Your payment for %(what)s did not go through") % {"what": what},
        paragraphs=[
            _("You still hear everything until %(day)s.") % {"day": until},
            _("Please look at your card, so that nothing is interrupted."),
        ],
        action=(_("Look at my payments"), link),
    )


def trial_letter(language: str, what: str, day: str, price: str, link: str) -> Letter:
    """The free days are nearly over."""
    _ = speaker(language)
    return Letter(
        kind="trial_ends",
        language=language,
        subject=_("Your free days with %(what)s are nearly over") % {"what": what},
        paragraphs=[
            _("On %(day)s the first payment is made: %(price)s.") % {"day": day, "price": price},
            _("If you stay, there is nothing to do. If not, cancel before."),
        ],
        action=(_("Look at my payments"), link),
    )


def ending_letter(language: str, what: str, day: str, link: str) -> Letter:
    """A cancelled membership is about to run out."""
    _ = speaker(language)
    return Letter(
        kind="ending",
        language=language,
        subject=_("%(what)s ends on %(day)s") % {"what": what, "day": day},
        paragraphs=[_("You cancelled it. If you would rather stay, one click is enough.")],
        action=(_("Look at my payments"), link),
    )


def term_ending_letter(language: str, what: str, day: str, link: str) -> Letter:
    """A membership for a fixed time is about to run out."""
    _ = speaker(language)
    return Letter(
        kind="ending",
        language=language,
        subject=_("%(what)s ends on %(day)s") % {"what": what, "day": day},
        paragraphs=[
            _("It was for a fixed time, so nothing is charged. Your feed stays where it is."),
            _("If you would like to go on, the members’ episodes stay in it too."),
        ],
        action=(_("Go on"), link),
    )


def ended_letter(language: str, what: str, link: str) -> Letter:
    """A membership is over."""
    _ = speaker(language)
    return Letter(
        kind="ended",
        language=language,
        subject=_("%(what)s has ended") % {"what": what},
        paragraphs=[
            _("The members’ episodes have left your feed. The feed itself stays."),
            _("Come back whenever you like: everything returns to the same feed in the same app."),
        ],
        action=(_("Come back"), link),
    )


def doubled_letter(language: str, what: str, link: str) -> Letter:
    """Somebody joined what they had already; it was put right."""
    _ = speaker(language)
    return Letter(
        kind="doubled",
        language=language,
        subject=_("You had %(what)s already") % {"what": what},
        paragraphs=[
            _("You joined with this address a second time. That was undone and is paid back."),
            _("Your first membership goes on as before. Sign in to find your feed."),
        ],
        action=(_("To my feed"), link),
    )


def gift_letter(language: str, what: str, giver: str, message: str, code: str, link: str) -> Letter:
    """To whom something was given."""
    _ = speaker(language)
    words = [_("%(giver)s gives you %(what)s.") % {"giver": giver, "what": what}]
    if message:
        words.append(_("“%(words)s”") % {"words": message})
    words.append(_("No card is asked for. Your code, if you need to type it:"))
    return Letter(
        kind="gift",
        language=language,
        subject=_("You were given %(what)s") % {"what": what},
        paragraphs=words,
        code=code,
        action=(_("Redeem it"), link),
    )


def seat_invitation_letter(language: str, what: str, giver: str, group: int, link: str) -> Letter:
    """To whom a seat in a group is offered. Whoever does not want it does nothing."""
    _ = speaker(language)
    return Letter(
        kind=f"seat_invitation:{group}",
        language=language,
        subject=_("%(giver)s has a seat for you: %(what)s") % {"giver": giver, "what": what},
        paragraphs=[
            _("%(giver)s pays for %(what)s and would like to share it with you.")
            % {"giver": giver, "what": what},
            _("You get a feed of your own for your podcast app. No card is asked for."),
        ],
        action=(_("Take the seat"), link),
        after=[_("You do not know who that is? Then nothing happens; you can delete this mail.")],
    )


def gift_bought_letter(language: str, what: str, code: str, link: str) -> Letter:
    """To whoever bought a gift, so that the code is not lost."""
    _ = speaker(language)
    return Letter(
        kind="gift_bought",
        language=language,
        subject=_("Your gift: %(what)s") % {"what": what},
        paragraphs=[
            _("Thank you. This is the code; it works once and asks for no card."),
        ],
        code=code,
        action=(_("Where to redeem it"), link),
    )
