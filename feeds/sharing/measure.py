"""How many listeners one feed seems to have had on one day. Pure.

Addresses alone say little: a telephone on its way home has ten. So what is counted is *copies*:
how many times over the bytes of one episode were fetched. A telephone that changes networks
while it loads still fetches the file once, piece by piece; five people fetch it five times.
Servers of apps, bots and probes never count, by the rules of the download statistics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from feeds.downloads.count import CountingRules, Hit, refusal, threshold_bytes
from feeds.downloads.ranges import united_length

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """One feed on one UTC day.

    ``apps`` are distinct families ("Overcast" whatever its version); ``networks`` those that
    fetched most of an episode; ``copies`` is the highest number of one episode.
    """

    apps: int = 0
    networks: int = 0
    copies: int = 0


def measure(hits: Iterable[Hit], rules: CountingRules) -> Figures:
    """The figures of one feed's hits of one day; their order changes nothing."""
    by_episode: defaultdict[tuple[str, int], list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.file_bytes > 0 and refusal(hit, rules) is None:
            # Audio replaced during the day is another file.
            by_episode[hit.episode_key, hit.file_bytes].append(hit)
    apps: set[str] = set()
    networks: set[str] = set()
    copies = 0
    for episode_hits in by_episode.values():
        families = _by_family(episode_hits, rules)
        apps |= families.keys()
        copies = max(copies, sum(_copies(family) for family in families.values()))
        networks |= _networks(episode_hits)
    return Figures(len(apps), len(networks), copies)


def _by_family(hits: Sequence[Hit], rules: CountingRules) -> dict[str, list[Hit]]:
    families: defaultdict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        agent = rules.classify(hit.user_agent)
        # A media library does not say whose it is; the app that fetched the feed does.
        family = hit.feed_app if agent.kind == "library" and hit.feed_app else agent.name
        families[family].append(hit)
    return families


def _spans(hits: Iterable[Hit]) -> Mapping[str, Spans]:
    spans: defaultdict[str, Spans] = defaultdict(list)
    for hit in hits:
        spans[hit.ip_hash].append(hit.span())
    return spans


def _copies(hits: Sequence[Hit]) -> int:
    """How often this app fetched the file: what each network got, added up."""
    sizes = [united_length(spans) for spans in _spans(hits).values()]
    file_bytes = hits[0].file_bytes
    if sum(sizes) < threshold_bytes(file_bytes, hits[0].minute_bytes):
        return 0
    return max(1, sum(sizes) // file_bytes)


def _networks(hits: Sequence[Hit]) -> set[str]:
    half = hits[0].file_bytes // 2
    return {network for network, spans in _spans(hits).items() if united_length(spans) > half}
