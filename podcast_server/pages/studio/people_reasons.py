"""Why something about people was refused, in the podcaster's language: passwords, addresses,
tables of members.
"""

from __future__ import annotations

from podcast_server.pages.studio.known import N_, as_sentence, translated

SENTENCES = (
    # who works here
    N_("“%(address)s” is not an e-mail address"),
    N_("use at least %(number)s characters: a few words do well"),
    N_("use at most %(number)s characters"),
    N_("this is too easy to guess: a few words do well"),
    N_("this invitation was used already"),
    N_("nobody of the staff has the address “%(address)s”"),
    N_("this is the last owner: make somebody else an owner first"),
    N_("revoke a key that is no longer used first"),
    N_("the browser’s answer could not be checked: try again"),
    N_("there is no member “%(address)s”"),
    # tables of members
    N_("the file is larger than %(number)s MB: split it"),
    N_("the file is empty"),
    N_("there are more than %(number)s columns: is this a table?"),
    N_("there are more than %(number)s rows: split the file"),
    N_("this is a workbook: save it as CSV first"),
    N_("the file is no text in UTF-8, UTF-16 or Windows-1252"),
    N_("the file is no text"),
    N_("line %(number)s: %(error)s. Is a quotation mark opened and never closed?"),
    N_("there is no preset “%(name)s”"),
    N_("“%(field)s” is none of: %(fields)s"),
    N_("there is no column “%(name)s”; there are: %(columns)s"),
    N_("no column holds e-mail addresses; there are: %(columns)s"),
    N_("“%(text)s” is none of plan:NAME, show:NAME, show:NAME/TIER, skip"),
    N_("these payments are taken over from Stripe: set [stripe] secret_key"),
    N_("“%(address)s” is no address: write /feed/name or all of it"),
    N_("this address leads to another feed already"),
    N_("there is no import %(number)s: podcast-server import list"),
    N_("import %(number)s has begun already"),
    N_("the file of import %(number)s is not kept any more"),
    N_("import %(number)s is not applied: nobody can be invited yet"),
    N_("import %(number)s has not begun: nothing is there to take back"),
)


def people_reason(error: Exception) -> str:
    """What to show for an error about people."""
    return as_sentence(translated(str(error), SENTENCES) or str(error))
