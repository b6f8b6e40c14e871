"""Who changed somebody's access and why, where it was the program and not a person."""

from __future__ import annotations

from flask_babel import gettext

from podcast_server.pages.studio.known import N_, translated

# By what stands before the colon, where there is one: "gift:12".
ACTORS = {
    "cli": N_("the command line"),
    "demo": N_("the demo"),
    "gift": N_("a gift"),
    "manual": N_("a payment by hand"),
    "member": N_("the member"),
    "reconcile": N_("the comparison with the payment service"),
    "report": N_("a report"),
    "return page": N_("the payment"),
    "seat": N_("a group"),
    "sharing": N_("the watch over shared feeds"),
    "stripe": N_("Stripe"),
}
REASONS = (
    N_("account deleted"),
    N_("added by hand"),
    N_("closed by hand"),
    N_("ended by hand"),
    N_("ended in the studio"),
    N_("erased on request"),
    N_("fetched more widely than one member does"),
    N_("gift redeemed"),
    N_("payment %(reference)s confirmed"),
    N_("refund"),
    N_("reported by somebody who came across it"),
    N_("reset by hand"),
    N_("reset in the studio"),
    N_("sample data"),
    N_("seat freed"),
    N_("seat taken"),
    N_("the provider's books say so"),
)


def actor_words(actor: str) -> str:
    """Who it was; people stand there with their address, which stays."""
    known = ACTORS.get(actor.partition(":")[0])
    return str(gettext(known)) if known else actor


def reason_words(reason: str) -> str:
    """Why; what somebody wrote stays as it was written."""
    return translated(reason, REASONS) or reason
