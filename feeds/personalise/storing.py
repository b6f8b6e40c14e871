"""A prepared document as bytes, so that one worker process compresses and all serve.

The format: MAGIC (with the version), 16 bytes of BLAKE2b over everything after them, then a
header, the lengths of the tokens, the kinds of the gaps, the lengths of the texts, and the
texts. Only the compressed stencil is kept: filled with the placeholders it decodes to the
template, and all else follows from that. A document that could not be spliced is kept as one
compressed text.
"""

from __future__ import annotations

import struct
import zlib
from hashlib import blake2b

from feeds.personalise.copies import GzipCopies, OrdinaryCopies, SplicedCopies, splice
from feeds.personalise.deflate import inflate
from feeds.personalise.prepared import PreparedDocument, assemble
from feeds.personalise.stencil import Stencil, cut, make_stencil
from feeds.personalise.template import Words, from_body, make_placeholders

MAGIC = b"feedcopy2\n"  # change the number with the format, the placeholders or their order
DIGEST_SIZE = 16
HEADER = struct.Struct(">?BI")  # spliced?, kinds of token, gaps


def dump(prepared: PreparedDocument) -> bytes:
    """The document in bytes that ``load`` reads, also in another process or version of zlib."""
    match prepared.copies:
        case SplicedCopies(stencil=stencil):
            spliced = True
        case _:
            spliced, stencil = False, _as_one_text(prepared)
    lengths = [len(text) for text in stencil.texts]
    content = b"".join(
        (
            HEADER.pack(spliced, len(prepared.lengths), len(stencil.kinds)),
            struct.pack(f">{len(prepared.lengths)}H", *prepared.lengths),
            stencil.kinds,
            struct.pack(f">{len(lengths)}I", *lengths),
            *stencil.texts,
        )
    )
    return MAGIC + _digest(content) + content


def load(data: bytes) -> PreparedDocument:
    """The document that was dumped. Raises ValueError for damaged or foreign bytes.

    The digest tells damage, not malice: read only files that our own processes write.
    """
    start = len(MAGIC) + DIGEST_SIZE
    content = data[start:]
    if data[:start] != MAGIC + _digest(content):
        raise ValueError("not a prepared document of this version, or damaged")
    try:
        return _read(content)
    except (struct.error, zlib.error) as error:
        raise ValueError("a prepared document that makes no sense") from error


def _read(content: bytes) -> PreparedDocument:
    spliced, count, gaps = HEADER.unpack_from(content)
    placeholders = make_placeholders(*struct.unpack_from(f">{count}H", content, HEADER.size))
    start = HEADER.size + 2 * count
    kinds = content[start : start + gaps]
    lengths = struct.unpack_from(f">{gaps + 1}I", content, start + gaps)
    texts, at = [], start + gaps + 4 * (gaps + 1)
    for length in lengths:
        texts.append(content[at : at + length])
        at += length
    return _rebuild(make_stencil(texts, kinds), placeholders, spliced)


def _rebuild(stencil: Stencil, placeholders: Words, spliced: bool) -> PreparedDocument:
    body = inflate(stencil, placeholders) if spliced else zlib.decompress(stencil.texts[0])
    template = from_body(body, placeholders)
    plain = cut(body, template.occurrences)
    copies: GzipCopies = splice(template, stencil) if spliced else OrdinaryCopies(plain)
    return assemble(template, plain, copies)


def _as_one_text(prepared: PreparedDocument) -> Stencil:
    body = prepared.stencil.fill(make_placeholders(*prepared.lengths))
    return make_stencil([zlib.compress(body)], b"")


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=DIGEST_SIZE).digest()
