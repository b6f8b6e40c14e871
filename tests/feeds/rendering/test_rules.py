"""Every feed we write keeps PSP-1 and the podcast namespace, and the checker notices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feeds.rendering.document import FeedDocument
from feeds.rendering.write import write_feed
from tests.feeds.rendering.psp1 import broken_rules
from tests.feeds.rendering.samples import complete_document, document, item
from tests.golden import DOCUMENTS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_rule_is_broken(name: str) -> None:
    assert broken_rules(write_feed(DOCUMENTS[name])) == []


def test_long_notes_still_break_no_rule() -> None:
    notes = "<h2>Long</h2>" + "<p>Many <b>words</b> &amp; more.<br>And a line.</p>" * 400
    assert broken_rules(write_feed(document(item(notes_html=notes)))) == []


@pytest.mark.parametrize(
    ("spoilt", "complaint"),
    [
        (replace(complete_document(), image_url=None), "itunes:image stands 0 times"),
        (document(item(), item()), "same guid"),
        (document(item(), type="serial"), "a serial needs episode numbers"),
        (document(item(link="http://plain.example/")), "link: not allowed"),
        (document(categories=(("Harbours", None),)), "itunes:category text"),
        (document(copyright="© 2026 Marit"), "copyright: not allowed"),
        (document(podcast_guid=""), "podcast:guid stands 0 times"),
    ],
)
def test_the_checker_notices(spoilt: FeedDocument, complaint: str) -> None:
    assert any(complaint in line for line in broken_rules(write_feed(spoilt)))
