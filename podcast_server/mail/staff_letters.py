"""The letters to those who make the shows, in every language."""

from __future__ import annotations

from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import speaker


def not_staff_letter(language: str, site: str, listening: str) -> Letter:
    """To somebody who asked for the studio with an address that nobody works here with."""
    _ = speaker(language)
    return Letter(
        kind="studio_unknown",
        language=language,
        subject=_("The studio of %(site)s") % {"site": site},
        paragraphs=[
            _("Somebody, probably you, asked to open the studio with this address."),
            _("Nobody works there with it. For listening, there is another door:"),
        ],
        action=(_("My podcasts"), listening),
        after=[_("You did not ask for this? Then nothing happens; you can delete this mail.")],
    )


def staff_invitation_letter(language: str, site: str, inviter: str, role: str, link: str) -> Letter:
    """An invitation to work in the studio."""
    _ = speaker(language)
    return Letter(
        kind="staff_invitation",
        language=language,
        subject=_("%(name)s invites you to the studio of %(site)s")
        % {"name": inviter, "site": site},
        paragraphs=[
            _("You are invited to work on %(what)s.") % {"what": role},
            _("The link works once, for seven days."),
        ],
        action=(_("Accept"), link),
        after=[_("You do not know what this is about? Then nothing happens; delete this mail.")],
    )
