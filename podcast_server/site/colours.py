"""One colour of the owner's → the few that the pages need, always legible (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import colorsys
import re

INK, WHITE = "#17181c", "#ffffff"
_HEX = re.compile(r"#[0-9a-f]{6}")


def is_colour(text: str) -> bool:
    """Whether it is a colour such as ``#ffb31a``."""
    return _HEX.fullmatch(text) is not None


def stylesheet(accent: str) -> str:
    """The accent's variables, for light and dark. Raises ValueError for what is no colour."""
    if not is_colour(accent):
        raise ValueError(f"{accent!r} is no colour")
    on = INK if contrast(accent, INK) >= contrast(accent, WHITE) else WHITE
    light = f"--accent:{accent};--accent-strong:{_shifted(accent, -0.08, on)};--on-accent:{on};"
    dark = f"--accent:{accent};--accent-strong:{_shifted(accent, 0.08, on)};--on-accent:{on};"
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value) for value in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _shifted(colour: str, by: float, on: str) -> str:
    """A little darker or lighter; the colour itself where words on it would suffer."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    moved = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness + by)), saturation)
    shifted = "#" + "".join(f"{round(value * 255):02x}" for value in moved)
    return shifted if contrast(shifted, on) >= 4.5 else colour
