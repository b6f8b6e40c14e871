"""Room for a copy that is filled over and over: of hundreds of kilobytes only the gaps are new.

A canvas belongs to one request from ``Canvases.draw`` until ``give_back``, and to nobody else:
it is not in reach of others meanwhile. Each copy overwrites every gap, so nothing is left of
whose copy it was before. Whoever never gives one back only leaves the next to be made anew.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate, pairwise

from feeds.personalise.stencil import Stencil
from feeds.personalise.template import Words

KEPT = 1  # of each stencil: Python runs one thread at a time, so hardly two are drawn at once


class Canvas(bytearray):
    """A copy on loan. Read it, or have it copied, and then give it back."""

    __slots__ = ("home",)
    home: deque[Canvas] | None

    def give_back(self) -> None:
        """From now on it is somebody else's. A second time it does nothing."""
        home, self.home = self.home, None
        if home is not None:
            home.append(self)

    def taken(self) -> bytes:
        """What is on it, to be kept; the canvas is given back."""
        copy = bytes(self)
        self.give_back()
        return copy


class Canvases:
    """Canvases for copies by one stencil with an ending of ``ending`` bytes.

    ``sizes`` are the lengths of the tokens, by kind.
    """

    __slots__ = ("_free", "_gaps", "_last", "_size", "_stencil")

    def __init__(self, stencil: Stencil, sizes: tuple[int, ...], ending: int) -> None:
        lengths = [len(part) for part in stencil.parts]
        lengths[1::2] = [sizes[kind] for kind in stencil.kinds]
        edges = list(pairwise(accumulate([*lengths, ending], initial=0)))
        self._stencil = stencil
        gaps = (slice(start, end) for start, end in edges[1:-1:2])
        self._gaps = tuple(zip(gaps, stencil.kinds, strict=True))
        self._last = slice(*edges[-1])
        self._size = edges[-1][1]
        # Taking and giving back are one step each: no lock. One too many is let go of.
        self._free: deque[Canvas] = deque(maxlen=KEPT)

    def draw(self, tokens: Words, ending: bytes) -> Canvas:
        """The copy with these tokens and this ending, on loan.

        Raises ValueError where they have other lengths than what the canvases are made for.
        """
        try:
            canvas = self._free.pop()
        except IndexError:
            canvas = Canvas(self._stencil.fill(tokens, ending))
        else:
            for gap, kind in self._gaps:
                canvas[gap] = tokens[kind]
            canvas[self._last] = ending
        if len(canvas) != self._size:
            raise ValueError("tokens of other lengths")
        canvas.home = self._free
        return canvas

    @property
    def weight(self) -> int:
        """Bytes of memory that may be held."""
        return KEPT * self._size
