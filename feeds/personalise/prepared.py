"""A document made ready to be copied for any number of members."""

from __future__ import annotations

import hashlib
import logging
import secrets
import weakref
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from feeds.personalise import template as templates
from feeds.personalise.canvas import Canvas
from feeds.personalise.copies import GZIP, GzipCopies, OrdinaryCopies, splice
from feeds.personalise.deflate import with_a_hole_for_every_token, with_few_holes
from feeds.personalise.stencil import Stencil, cut
from feeds.personalise.template import Template, Words

logger = logging.getLogger(__name__)

Method = Callable[[Template, int], Stencil]
METHODS: tuple[Method, ...] = (with_few_holes, with_a_hole_for_every_token)
PROOFS = 2


@dataclass(frozen=True, slots=True, weakref_slot=True)
class PreparedDocument:
    """One document, ready to be handed out with any tokens, one for each sentinel.

    Tokens have the length of their sentinel and consist of a–z and 0–9, otherwise ``plain``
    and ``gzip`` raise ValueError. ``fingerprint`` (20 hex digits of SHA-256) is the same
    whenever and wherever the same document is prepared. ``plain_size`` is in bytes.
    """

    plain_size: int
    fingerprint: str
    lengths: tuple[int, ...]
    stencil: Stencil = field(repr=False)
    copies: GzipCopies = field(repr=False)

    def plain(self, *tokens: bytes) -> bytes:
        """The document with these tokens, in the order of the sentinels."""
        return self.personal(*tokens).plain()

    def gzip(self, *tokens: bytes) -> bytes:
        """The same in gzip (RFC 1952), the same bytes each time."""
        return self.personal(*tokens).gzip()

    def personal(self, *tokens: bytes) -> PersonalCopies:
        """What is needed to make the copies with these tokens again and again."""
        accepted = self._accept(tokens)
        return PersonalCopies(accepted, self.copies.ending(accepted), weakref.ref(self))

    @property
    def gzip_size(self) -> int | None:
        """The length of every gzip copy in bytes; None if only making one tells."""
        return self.copies.size

    @property
    def weight(self) -> int:
        """Bytes of memory held, for a bounded cache."""
        return self.stencil.weight + self.copies.weight

    def _accept(self, tokens: Words) -> Words:
        if tuple(map(len, tokens)) != self.lengths:
            raise ValueError(f"tokens must have {self.lengths} bytes")
        for token in tokens:
            # bytes.isalnum knows ASCII only, so what is left to exclude is upper case.
            if not token.isalnum() or token.lower() != token:
                raise ValueError("tokens consist of a-z and 0-9")
        return tokens


@dataclass(frozen=True, slots=True)
class PersonalCopies:
    """One member's copies of a document, which it does not keep: where nobody else has it any
    more, there are no copies, and ``gzip`` and ``plain`` raise LookupError."""

    tokens: Words = field(repr=False)
    ending: bytes
    document: weakref.ref[PreparedDocument]

    def plain(self) -> bytes:
        """The document with the member's tokens."""
        return self._document().stencil.fill(self.tokens)

    def gzip(self) -> bytes:
        """The same in gzip (RFC 1952), the same bytes each time."""
        return self._document().copies.gzip(self.tokens, self.ending)

    def drawn(self) -> bytes | Canvas:
        """The gzip copy, maybe on loan: a few steps, however long it is."""
        return self._document().copies.draw(self.tokens, self.ending)

    def _document(self) -> PreparedDocument:
        document = self.document()
        if document is None:
            raise LookupError("the document is gone")
        return document


def prepare(document: bytes, sentinels: Words, *, level: int = 9) -> PreparedDocument:
    """Compress an XML document (UTF-8) in which sentinels stand where the tokens will go.

    ``level`` is zlib's. Raises ValueError if the document holds bytes that XML forbids, or if
    the sentinels are empty, over 256 bytes, or contained in one another.
    """
    template = templates.from_document(document, sentinels)
    plain = cut(template.body, template.occurrences)
    return assemble(template, plain, _first_proven(template, plain, level))


def assemble(template: Template, plain: Stencil, copies: GzipCopies) -> PreparedDocument:
    """A prepared document from its parts."""
    return PreparedDocument(
        plain_size=len(template.body),
        fingerprint=hashlib.sha256(template.body).hexdigest()[:20],
        lengths=tuple(map(len, template.placeholders)),
        stencil=plain,
        copies=copies,
    )


def _first_proven(template: Template, plain: Stencil, level: int) -> GzipCopies:
    for method in METHODS:
        copies = _try(method, template, plain, level)
        if copies:
            return copies
        logger.warning("a feed compressed %s came out wrong; trying another way", method.__name__)
    logger.warning("a feed could not be spliced; compressing it anew for every request")
    return OrdinaryCopies(plain)


def _try(method: Method, template: Template, plain: Stencil, level: int) -> GzipCopies | None:
    """Copies made this way, if they decode to the documents they stand for.

    The decoder checks size and checksum too. Each proof takes tokens of its own, so that no
    byte is right by chance.
    """
    try:
        copies = splice(template, method(template, level))
        for _ in range(PROOFS):
            tokens = _random_tokens(template)
            ending = copies.ending(tokens)
            copy = copies.gzip(tokens, ending)
            if zlib.decompress(copy, GZIP) != plain.fill(tokens):
                return None
            # The second one is made where the first one was.
            if copies.draw(tokens, ending).taken() != copy:
                return None
    except zlib.error:
        return None
    return copies


def _random_tokens(template: Template) -> Words:
    return tuple(
        secrets.token_hex(len(each))[: len(each)].encode() for each in template.placeholders
    )
