"""Redirects to audio that can be given again (given.py): players ask piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.access import next_change, parse_windows
from feeds.delivery.facts import Answer
from feeds.delivery.given import Get, Given, edges_of, first_after
from feeds.delivery.media import MediaAnswer
from feeds.downloads.record import MediaHit


@dataclass(slots=True, eq=False)
class Redirect(Given):
    """An answer that sends somebody on, and what the statistics note of each."""

    answer: Answer
    episode_key: str
    file_bytes: int
    minute_bytes: int

    def again(self, get: Get) -> Answer:
        """The same for every part of the audio: whoever has it sends the part."""
        return self.answer

    def note(self, now: float, status: int, get: Get) -> MediaHit:
        """A hit, as the first answer was noted."""
        feed = self.feed
        fields = (
            now,
            self.episode_key,
            "GET",
            status,
            get("REMOTE_ADDR", ""),
            get("HTTP_USER_AGENT", ""),
            self.file_bytes,
            self.minute_bytes,
            get("HTTP_RANGE", "") or None,
            None,
            feed.feed_id,
            feed.member_id,
        )
        return tuple.__new__(MediaHit, fields)  # a third of the time of a call by names


def redirect_of(feed_key: str, found: MediaAnswer, window: int, now: float) -> Redirect | None:
    """What there is to remember of an answer; None where it cannot be given again. ``window``:
    see Storage; the address behind is the same until it ends."""
    feed, episode, audio = found.feed, found.episode, found.audio
    if not found.redirected or feed is None or episode is None or audio is None:
        return None
    edges = [next_change(episode.facts, now), *edges_of(parse_windows(feed.windows))]
    edges.append((now // window + 1) * window)
    return Redirect(
        feed_key,
        feed,
        str(feed.feed_id),
        now,
        first_after(now, edges),
        found.answer,
        episode.key,
        audio.size,
        audio.minute_bytes,
    )
