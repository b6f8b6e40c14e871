"""The CRC-32 of a copy follows from the CRC-32 of its tokens."""

from __future__ import annotations

import zlib

from hypothesis import example, given

from feeds.personalise.checksum import measure_shares
from tests.feeds.personalise.samples import TOKENS, F, M, documents, replaced, template_of, tokens


@given(documents, tokens, tokens)
@example(b"", *TOKENS)
@example(F + b"between" * 5000 + M + F, *TOKENS)
def test_the_checksum_of_a_copy_needs_only_its_tokens(
    document: bytes, feed: bytes, media: bytes
) -> None:
    template = template_of(document)
    feed_share, media_share = measure_shares(template)
    crc = zlib.crc32(template.body) ^ feed_share.of(feed) ^ media_share.of(media)
    assert crc == zlib.crc32(replaced(document, (feed, media)))


@given(tokens)
def test_a_token_that_does_not_occur_has_no_share(token: bytes) -> None:
    feed_share, media_share = measure_shares(template_of(b"x" + M))
    assert feed_share.of(token) == 0
    assert media_share.of(token) != 0


@given(tokens, tokens)
def test_two_occurrences_of_a_token_do_not_cancel(one: bytes, other: bytes) -> None:
    share, _ = measure_shares(template_of(F + F))
    assert (share.of(one) == share.of(other)) == (one == other)
