"""Who does what in a podcast: the groups and roles of the podcast namespace, in people's words.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/taxonomy.json (without video).
"""

from __future__ import annotations

from flask_babel import gettext


def N_(words: str) -> str:  # noqa: N802 - the name by which gettext's tools know it
    """Words to be translated when they are shown."""
    return words


# Group → its words and its roles, each as feeds say it (lower case) → its words.
TAXONOMY: dict[str, tuple[str, tuple[str, ...]]] = {
    "cast": (
        N_("Cast"),
        (
            *(N_("Host"), N_("Co-Host"), N_("Guest Host"), N_("Guest"), N_("Voice Actor")),
            *(N_("Narrator"), N_("Announcer"), N_("Reporter")),
        ),
    ),
    "creative direction": (
        N_("Creative Direction"),
        (
            *(N_("Director"), N_("Assistant Director"), N_("Executive Producer")),
            *(N_("Senior Producer"), N_("Producer"), N_("Associate Producer")),
            *(N_("Development Producer"), N_("Creative Director")),
        ),
    ),
    "writing": (
        N_("Writing"),
        (
            *(N_("Author"), N_("Editorial Director"), N_("Co-Writer"), N_("Writer")),
            *(N_("Songwriter"), N_("Guest Writer"), N_("Story Editor"), N_("Managing Editor")),
            *(N_("Script Editor"), N_("Script Coordinator"), N_("Researcher"), N_("Editor")),
            *(N_("Fact Checker"), N_("Translator"), N_("Transcriber"), N_("Logger")),
        ),
    ),
    "audio production": (
        N_("Audio Production"),
        (
            *(N_("Studio Coordinator"), N_("Technical Director"), N_("Technical Manager")),
            *(N_("Audio Engineer"), N_("Remote Recording Engineer")),
            N_("Post Production Engineer"),
        ),
    ),
    "audio post-production": (
        N_("Audio Post-Production"),
        (
            *(N_("Audio Editor"), N_("Sound Designer"), N_("Foley Artist"), N_("Composer")),
            *(N_("Theme Music"), N_("Music Production"), N_("Music Contributor")),
        ),
    ),
    "administration": (
        N_("Administration"),
        (
            *(N_("Production Coordinator"), N_("Booking Coordinator")),
            *(N_("Production Assistant"), N_("Content Manager"), N_("Marketing Manager")),
            *(N_("Sales Representative"), N_("Sales Manager")),
        ),
    ),
    "visuals": (N_("Visuals"), (N_("Graphic Designer"), N_("Cover Art Designer"))),
    "community": (N_("Community"), (N_("Social Media Manager"),)),
    "misc": (N_("Others"), (N_("Consultant"), N_("Intern"))),
}
_WORDS = {role.lower(): role for _words, roles in TAXONOMY.values() for role in roles}


def role_words(role: str) -> str:
    """A role in the reader's language; one that the taxonomy does not know as it is."""
    known = _WORDS.get(role.lower())
    return str(gettext(known)) if known else role


def group_of(role: str, group: str = "cast") -> str:
    """The group a role belongs to; ``group`` for a role the taxonomy does not know."""
    for name, (_words, roles) in TAXONOMY.items():
        if role.lower() in {each.lower() for each in roles}:
            return name
    return group


def role_choices(*own: str) -> dict[str, list[tuple[str, str]]]:
    """Groups in the reader's language → (value, words), with ``own`` ones before them."""
    unknown = [(role, role) for role in own if role and role.lower() not in _WORDS]
    choices = {"": unknown} if unknown else {}
    for words, roles in TAXONOMY.values():
        choices[str(gettext(words))] = [(role.lower(), str(gettext(role))) for role in roles]
    return choices
