"""The item a feed carries when something about the membership needs the member's attention."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodes.models import Show
from feeds.rendering.document import Enclosure, FeedItem
from feeds.rendering.sentinels import without_sentinels


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Sound:
    """The notice as the podcaster says it; ``seconds`` is how long that takes."""

    enclosure: Enclosure
    seconds: int


_WORDS = {
    "en": {
        "welcome": _Words(
            "Welcome to {show}",
            "A few words of welcome. All the episodes of your membership are in this feed, and "
            "new ones come by themselves.",
            "{show}",
        ),
        "lapsed": _Words(
            "Your membership of {show} has ended",
            "The members' episodes have left this feed. Nothing else has changed: this same "
            "feed opens again the moment you come back.",
            "Come back to {show}",
        ),
        "card_failing": _Words(
            "Your payment for {show} did not go through",
            "You still have all episodes for a few days. Please check your card, so that "
            "nothing is interrupted.",
            "Check the card",
        ),
        "replaced": _Words(
            "This link to {show} was replaced",
            "This feed address was reset, so it no longer plays episodes. Sign in to find the "
            "new one, add it to your podcast app, and remove this one.",
            "Sign in for the new link",
        ),
    },
    "fr": {
        "welcome": _Words(
            "Bienvenue dans {show}",
            "Quelques mots de bienvenue. Tous les épisodes de votre abonnement sont dans ce "
            "flux, et les nouveaux y arrivent d'eux-mêmes.",
            "{show}",
        ),
        "lapsed": _Words(
            "Votre abonnement à {show} a pris fin",
            "Les épisodes réservés aux membres ont quitté ce flux. Rien d'autre n'a changé : "
            "ce même flux s'ouvre à nouveau dès votre retour.",
            "Revenir à {show}",
        ),
        "card_failing": _Words(
            "Votre paiement pour {show} n'a pas abouti",
            "Vous gardez tous les épisodes pendant quelques jours. Vérifiez votre carte pour "
            "que rien ne s'interrompe.",
            "Vérifier la carte",
        ),
        "replaced": _Words(
            "Ce lien vers {show} a été remplacé",
            "L'adresse de ce flux a été réinitialisée et ne lit plus d'épisodes. "
            "Connectez-vous pour trouver la nouvelle, ajoutez-la à votre application, puis "
            "retirez celle-ci.",
            "Se connecter pour le nouveau lien",
        ),
    },
}


def notice_item(
    show: Show, notice: str, newest: datetime, link: str, sound: Sound | None = None
) -> FeedItem:
    """The notice as an item, in the show's language (English where we lack it).

    Its guid is the same on every rendering, and its date just after the show's ``newest`` episode:
    apps list it first, once, and never as something new again.
    """
    words = _WORDS.get(show.language[:2].lower(), _WORDS["en"])[notice]
    target = html.escape(link)
    name = without_sentinels(show.title)
    label = html.escape(words.link.format(show=name))
    text = words.text
    return FeedItem(
        guid=f"{show.private_podcast_guid}:notice:{notice}",
        title=words.title.format(show=name),
        link=link,
        published=newest + timedelta(seconds=1),
        notes_html=f'<p>{html.escape(text)}</p><p><a href="{target}">{label}</a></p>',
        summary=text,
        enclosure=None if sound is None else sound.enclosure,
        duration=None if sound is None else sound.seconds,
        image_url=None,
        episode_type="bonus",
        explicit=False,
        author=without_sentinels(show.author),
    )
