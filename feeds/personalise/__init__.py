"""One document, many personal copies: put two tokens into a feed without compressing it again.

``prepare`` compresses a rendered feed once. The copies it then hands out differ only in a
member's two tokens, and each costs one concatenation of bytes:

- ``template``   the document with *placeholders*, bytes XML cannot contain, where tokens go
- ``stencil``    a template cut at its gaps; filling the gaps is the whole work of a copy
- ``deflate``    the template compressed so that a few gaps decide what all tokens decode to
- ``checksum``   the CRC-32 of a copy, from the CRC-32 of its tokens alone
- ``copies``     gzip copies: spliced, or compressed one by one
- ``canvas``     room for a copy in which only the gaps are filled anew
- ``prepared``   chooses the method and proves it before anyone is served
- ``storing``    a prepared document as bytes, for sharing between processes

Pure: no database, no web.
"""

from __future__ import annotations

from feeds.personalise.canvas import Canvas
from feeds.personalise.prepared import PersonalCopies, PreparedDocument, prepare
from feeds.personalise.storing import dump, load

__all__ = ["Canvas", "PersonalCopies", "PreparedDocument", "dump", "load", "prepare"]
