"""What a podcaster should know about a feed before directories and apps complain.

Two tables of rules, for the show and for each episode. Nothing is fetched: only what the
document itself says is looked at.
"""

from __future__ import annotations

from feeds.health.episodes import ITEM_RULES, rules_among
from feeds.health.rule import Finding, Level
from feeds.health.show import SHOW_RULES
from feeds.rendering.document import FeedDocument


def check_document(document: FeedDocument) -> list[Finding]:
    """All that could be better, the show first, then the episodes as they stand."""
    findings = [
        Finding(rule.level, rule.code, rule.message, document.title, "show")
        for rule in SHOW_RULES
        if rule.broken(document)
    ]
    rules = [*ITEM_RULES, *rules_among(document)]
    for item in document.items:
        findings += [
            Finding(rule.level, rule.code, rule.message, item.title, item.guid)
            for rule in rules
            if rule.broken(item)
        ]
    return findings


__all__ = ["Finding", "Level", "check_document"]
