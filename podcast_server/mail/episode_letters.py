"""The letter about new episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from podcast_server.i18n import translations
from podcast_server.mail.letter import Letter
from podcast_server.mail.letters import speaker


@dataclass(frozen=True, slots=True)
class NewEpisode:
    """An episode as the letter tells of it; ``link`` is where it plays."""

    title: str
    notes: str
    link: str


def new_episodes_letter(
    language: str, show: str, episodes: Sequence[NewEpisode], *, stop: str
) -> Letter:
    """What came out since the last letter; ``stop`` ends these letters with one click."""
    _ = speaker(language)
    one = episodes[0] if len(episodes) == 1 else None
    number = translations(language).ngettext(
        "%(num)d new episode of %(show)s", "%(num)d new episodes of %(show)s", len(episodes)
    )
    return Letter(
        kind="new_episodes",
        language=language,
        subject=f"{show}: {one.title}" if one else number % {"num": len(episodes), "show": show},
        paragraphs=_about(one) if one else [f"{each.title}: {each.link}" for each in episodes],
        action=(_("Listen"), one.link if one else episodes[-1].link.rpartition("/")[0]),
        after=[_("In your podcast app it is there by itself. You asked for this mail.")],
        unsubscribe=(_("No more of these mails"), stop),
    )


def _about(episode: NewEpisode) -> list[str]:
    return [episode.title, episode.notes] if episode.notes else [episode.title]
