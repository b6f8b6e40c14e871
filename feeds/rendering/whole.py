"""A show's standard feed with everything that is out: for whoever takes the show elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from episodes.models import Show
from feeds.access import Entitlement, is_out
from feeds.rendering.assemble import Addresses, Assembly, facts_of, ready_episodes
from feeds.rendering.document import FeedDocument


def whole_feed(
    session: Session, show: Show, addresses: Addresses, now: datetime, *, self_url: str
) -> FeedDocument:
    """Every published episode in full, whoever may hear it, with the public feed's guid.

    Not locked, so that another host may take it in. ``addresses`` says where audio, covers,
    chapters and transcripts are; it should ignore tokens.
    """
    moment = now.timestamp()
    episodes = [(each, facts_of(each)) for each in ready_episodes(session, show.id)]
    out = [pair for pair in episodes if is_out(pair[1], moment)]
    everything = Entitlement((("show", 0), *(("episode", each.id) for each, _ in out)))
    document = Assembly(show, addresses, everything, moment).document(out)
    return replace(
        document,
        self_url=self_url,
        owner_name=show.owner_name,
        owner_email=show.owner_email,
        podcast_guid=show.podcast_guid,
        locked=False,
        private=False,
        report_url=None,
    )
