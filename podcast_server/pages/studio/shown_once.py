"""What is shown once, such as new recovery codes.

Between making it and reading it the browser keeps it, sealed with the signing keys: so the page
that shows it can be asked for again, in another language too, and no address and no database
has it. It is forgotten when one goes on, and after ten minutes in any case.
"""

from __future__ import annotations

import json
from datetime import timedelta

from flask import session

from podcast_server.pages.studio.guard import the_person
from podcast_server.pages.wiring import current_time, the_services
from podcast_server.sealing import KeyVault

_KEY = "shown_once"
_PURPOSE = b"what the studio shows once"
LIFE = timedelta(minutes=10)


def keep_to_show(what: str, words: list[str]) -> None:
    """Keep words of one kind for the page that shows them to the person at work."""
    until = (current_time() + LIFE).timestamp()
    facts = {"what": what, "words": words, "until": until, "who": the_person().id}
    session[_KEY] = _vault().seal(json.dumps(facts))


def kept_to_show(what: str) -> list[str]:
    """The words of this kind that were kept, or none."""
    try:
        facts = json.loads(_vault().open(str(session.get(_KEY, ""))))
    except ValueError:
        return []
    mine = (facts["what"], facts["who"]) == (what, the_person().id)
    if not mine or facts["until"] < current_time().timestamp():
        return []
    return [str(each) for each in facts["words"]]


def forget_shown() -> None:
    """They were read."""
    session.pop(_KEY, None)


def _vault() -> KeyVault:
    return KeyVault(the_services().tokens, _PURPOSE)
