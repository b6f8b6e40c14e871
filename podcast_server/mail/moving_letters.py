"""The letter to members who were brought over from another host, in every language."""

from __future__ import annotations

from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import speaker

INVITATION = "invitation"


def invitation_letter(language: str, show: str, add: str, mine: str) -> Letter:
    """A podcast has moved. ``add`` leads to the buttons for two weeks; ``mine`` stays."""
    _ = speaker(language)
    return Letter(
        kind=INVITATION,
        language=language,
        subject=_("%(show)s has moved, and your membership with it") % {"show": show},
        paragraphs=[
            _("%(show)s has a new home. Your membership came along, and your own feed is ready.")
            % {"show": show},
            _("Open this on the phone or computer where you listen, and tap your app."),
        ],
        action=(_("Choose my app"), add),
        after=[
            _("The link works for two weeks and is for you alone: it opens your own feed."),
            _("Later you find it here: %(link)s") % {"link": mine},
            _("Once the new feed plays, you can remove the old one from your app."),
        ],
    )
