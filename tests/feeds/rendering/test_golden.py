"""What is written, byte for byte. After a wanted change: ``python -m tests.golden``."""

from __future__ import annotations

import pytest

from feeds.rendering.write import write_feed
from tests.golden import DOCUMENTS, golden_file


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_feed_is_written_as_the_golden_file_has_it(name: str) -> None:
    written = write_feed(DOCUMENTS[name])
    expected = golden_file(name).read_bytes()
    # In lines first, so that a difference can be read.
    assert written.split(b"><") == expected.split(b"><")
    assert written == expected
