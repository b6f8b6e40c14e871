"""Write the golden feeds anew; look at the difference before it is committed."""

from __future__ import annotations

from feeds.rendering.write import write_feed
from tests.golden import DOCUMENTS, golden_file

for name, document in DOCUMENTS.items():
    golden_file(name).write_bytes(write_feed(document))
