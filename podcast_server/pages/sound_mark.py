"""A show's own signature: a row of level bars drawn from its name, always the same."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

HEIGHT = 40


@lru_cache(maxsize=512)
def sound_path(seed: str, bars: int) -> str:
    """The path data of ``bars`` upright strokes, four units apart, centred on half of HEIGHT."""
    strokes = []
    for index, level in enumerate(_levels(seed, bars)):
        length = round(2 + level * (HEIGHT - 6), 1)
        strokes.append(f"M{index * 4 + 2} {round((HEIGHT - length) / 2, 1)}v{length}")
    return "".join(strokes)


def _levels(seed: str, bars: int) -> list[float]:
    """Heights from 0 to 1 that swell and fade like speech: syllables inside phrases."""
    noise = hashlib.shake_256(seed.encode()).digest(bars + 3)
    pace = 5 + noise[0] % 6
    shift = noise[1] / 40
    return [
        (0.25 + 0.75 * abs(math.sin((index + shift) * math.pi / pace))) * (noise[index + 3] / 255)
        for index in range(bars)
    ]
