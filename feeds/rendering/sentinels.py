"""What stands in a document where a member's tokens will be, and keeping it out of texts."""

from __future__ import annotations

import re

from feeds.rendering.limits import clean
from feeds.tokens import TOKEN_LENGTH

# They have exactly a token's length and, like tokens, nothing but letters and digits.
FEED_SENTINEL = "FEEDTOKENSTANDSHERE".ljust(TOKEN_LENGTH, "0")
MEDIA_SENTINEL = "MEDIATOKENSTANDSHERE".ljust(TOKEN_LENGTH, "1")
_TAG = re.compile(r"<[^>]*>")


def without_sentinels(text: str) -> str:
    """A podcaster's (or an imported) text, so that no token can be lured into it.

    Applied to what is written, after Markdown and entities are resolved, and repeated, since
    taking one out of the middle may join the halves of another. So may the writer when it
    drops a character or, to shorten notes, a tag: both are looked through here.
    """
    text = clean(text)
    while FEED_SENTINEL in text or MEDIA_SENTINEL in text:
        text = text.replace(FEED_SENTINEL, "").replace(MEDIA_SENTINEL, "")
    bare = _TAG.sub("", text)
    return without_sentinels(bare) if FEED_SENTINEL in bare or MEDIA_SENTINEL in bare else text
