"""Colours that can be read: contrast as WCAG 2.2 defines it.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Sequence

from chat_app.people.error import UnfitSetting

Colour = tuple[float, float, float]
"""Red, green and blue, each from 0 to 1."""

AA = 4.5
"""The least contrast of text that is not large, level AA."""
_STEPS = 200


def read_colour(text: str) -> Colour:
    """Read `#16705f`. Errors: UnfitSetting."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise UnfitSetting(f"{text!r} is no colour. Write six hexadecimal digits, as #16705f.")
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Colour) -> float:
    """Return a colour's relative luminance, 0 to 1."""
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def least_contrast(colour: Colour, grounds: Sequence[Colour], *, tint: float) -> float:
    """Return the least contrast of a colour on grounds, as they are and under a layer of the colour itself, of which
    `tint` (0 to 1) covers the ground: so citations' numbers stand on the page."""
    tinted = [_mixed(colour, ground, tint) for ground in grounds]
    return min(contrast(colour, ground) for ground in (*grounds, *tinted))


def _mixed(colour: Colour, ground: Colour, tint: float) -> Colour:
    red, green, blue = (part * tint + under * (1 - tint) for part, under in zip(colour, ground, strict=True))
    return red, green, blue


def legible(colour: Colour, grounds: Sequence[Colour], *, tint: float) -> Colour:
    """Return the colour nearest in lightness, of the same hue, that can be read as `least_contrast` tells; the grounds
    are either all light or all dark."""
    if least_contrast(colour, grounds, tint=tint) >= AA:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    darker = luminance(grounds[0]) > 0.18  # where black and white contrast alike
    end = 0.0 if darker else 1.0
    for step in range(_STEPS + 1):
        tried = colorsys.hls_to_rgb(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        if least_contrast(tried, grounds, tint=tint) >= AA:
            return tried
    return (end, end, end)


def hsl(colour: Colour) -> str:
    """Return a colour as the toolkit's theme writes it: `172 66% 26%`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return f"{hue * 360:.1f} {saturation * 100:.1f}% {lightness * 100:.1f}%"


def from_hsl(text: str) -> Colour:
    """Read what `hsl` writes."""
    hue, saturation, lightness = (float(part.rstrip("%")) for part in text.split())
    return colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
