"""What stands in a document where a member's tokens will be, and keeping it out of texts."""

from __future__ import annotations

import re

from feeds.rendering.limits import clean
from feeds.tokens import TOKEN_LENGTH

# They have exactly a token's length and, like tokens, nothing but letters and digits.
FEED_SENTINEL = "FEEDTOKENSTANDSHERE".ljust(TOKEN_LENGTH, "0")
MEDIA_SENTINEL = "MEDIATOKENSTANDSHERE".ljust(TOKEN_LENGTH, "1")
REPORT_SENTINEL = "REPORTTOKENSTANDSHERE".ljust(TOKEN_LENGTH, "2")
SENTINELS = (FEED_SENTINEL, MEDIA_SENTINEL, REPORT_SENTINEL)
"""In the order in which personal copies take their tokens."""
_TAG = re.compile(r"<[^>]*>")


def without_sentinels(text: str) -> str:
    """A podcaster's (or an imported) text, so that no token can be lured into it.

    Applied to what is written, after Markdown and entities are resolved, and repeated, since
    taking one out of the middle may join the halves of another. So may the writer when it
    drops a character or, to shorten notes, a tag: both are looked through here.
    """
    text = clean(text)
    while _holds_one(text):
        for sentinel in SENTINELS:
            text = text.replace(sentinel, "")
    bare = _TAG.sub("", text)
    return without_sentinels(bare) if _holds_one(bare) else text


def _holds_one(text: str) -> bool:
    return any(sentinel in text for sentinel in SENTINELS)
