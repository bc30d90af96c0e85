"""Colours that can be read: contrast as WCAG 2.2 defines it.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

import colorsys
import re

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


def legible(colour: Colour, *grounds: Colour) -> Colour:
    """Return the colour nearest in lightness, of the same hue, that can be read on all grounds, which are either all
    light or all dark."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    darker = luminance(grounds[0]) > 0.18  # where black and white contrast alike
    end = 0.0 if darker else 1.0
    for step in range(_STEPS + 1):
        tried = colorsys.hls_to_rgb(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        if all(contrast(tried, ground) >= AA for ground in grounds):
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
