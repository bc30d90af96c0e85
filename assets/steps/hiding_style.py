"""Which CSS declarations keep a reader from seeing an element's text."""

from __future__ import annotations

import re
from functools import lru_cache

Declarations = dict[str, str]
"""CSS properties and their values, in lower case."""

_CANDIDATE = re.compile(
    r"none|hidden|opacity|size|color|colour|position|indent|clip|transform|overflow|font|\\", re.IGNORECASE
)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_LENGTH = re.compile(r"(-?[\d.]+)(px|pt|em|rem|%|vw|vh|ex|ch|cm|in)?")
_FAR = re.compile(
    r"-\s*(?:\d{3,}(?:\.\d+)?(?:px|pt)|\d{2,}(?:\.\d+)?(?:r?em|ex|ch)|(?:1\d\d|[2-9]\d\d|\d{4,})(?:%|vw|vh)|\d+(?:cm|in))"
)
_NOTHING_LEFT = re.compile(
    r"rect\((?:[\s,]*[01](?:px)?){4}[\s,]*\)|inset\(\s*(?:50|100)%|circle\(\s*0|polygon\(\s*0(?:px)?\s+0(?:px)?\s*\)"
)
_NO_SCALE = re.compile(r"scale(?:3d|x|y)?\(\s*0(?:\.0+)?\s*[,)]|translate(?:3d|x|y)?\([^)]*-\s*\d{3,}")
_TINY = {"px": 2.0, "pt": 2.0, "em": 0.15, "rem": 0.15, "%": 15.0, "vw": 0.1, "vh": 0.1}
_PLACES = ("left", "top", "right", "bottom", "margin-left", "margin-top", "text-indent", "inset")
_NAMED = {
    "white": "#ffffff",
    "black": "#000000",
    "snow": "#fffafa",
    "ivory": "#fffff0",
    "ghostwhite": "#f8f8ff",
    "whitesmoke": "#f5f5f5",
    "red": "#ff0000",
    "yellow": "#ffff00",
    "gray": "#808080",
    "grey": "#808080",
    "silver": "#c0c0c0",
    "lightgray": "#d3d3d3",
    "lightgrey": "#d3d3d3",
}
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]{1,60}\)|\b[a-z]+\b")
_NEAR = 12  # of 255, in each channel


def is_hiding_candidate(style: str) -> bool:
    """Whether a style is worth reading."""
    return _CANDIDATE.search(style) is not None


@lru_cache(maxsize=4_096)
def _declared(style: str) -> tuple[tuple[str, str], ...]:
    if "\\" in style:
        style = _ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), style)
    pairs = (part.partition(":") for part in without_comments(style).lower().split(";"))
    return tuple((name.strip(), value.replace("!important", "").strip()) for name, colon, value in pairs if colon)


def declarations(style: str) -> Declarations:
    """Return a style's declarations; the last of a property counts."""
    return dict(_declared(style))


def without_comments(css: str) -> str:
    """Return CSS without comments; one without an end takes the rest along."""
    if "/*" not in css:
        return css
    parts, at = [], 0
    while (start := css.find("/*", at)) >= 0:
        parts.append(css[at:start])
        end = css.find("*/", start + 2)
        at = len(css) if end < 0 else end + 2
    return "".join([*parts, css[at:]])


def hides(declared: Declarations) -> bool:
    """Whether an element with these declarations shows no text, wherever it stands."""
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if declared.get("content-visibility") == "hidden" or _is_transparent(declared) or _is_tiny(declared):
        return True
    if declared.get("overflow", "").startswith(("hidden", "clip")) and any(
        _is_zero(declared.get(side, "")) for side in ("width", "height", "max-width", "max-height")
    ):
        return True
    placed = declared.get("position") in ("absolute", "fixed")
    if any(_FAR.search(declared.get(place, "")) for place in _PLACES if placed or place.startswith(("text", "margin"))):
        return True
    clipped = _NOTHING_LEFT.search(declared.get("clip", "") + declared.get("clip-path", ""))
    return clipped is not None or _NO_SCALE.search(declared.get("transform", "")) is not None


def shows(declared: Declarations) -> bool:
    """Whether declarations undo some way of hiding."""
    return not hides(declared) and bool(
        declared.keys() & {"display", "visibility", "opacity", "height", "max-height", "left", "clip", "transform"}
    )


def same_colour(colour: str, background: str) -> bool:
    """Whether a text of this colour cannot be read on the background."""
    one, other = _channels(colour), _channels(background)
    return one is not None and other is not None and all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


def _is_transparent(declared: Declarations) -> bool:
    number = _LENGTH.fullmatch(declared.get("opacity", ""))
    if number and _value(number[1]) * (0.01 if number[2] == "%" else 1) <= 0.05:
        return True
    colour = declared.get("color", "")
    if colour == "transparent" and "background-clip" not in declared and "-webkit-background-clip" not in declared:
        return True
    alpha = re.fullmatch(r"rgba?\([^)]*[,/]\s*(0(?:\.0\d*)?)%?\s*\)", colour)
    return alpha is not None and colour.count(",") != 2


def _is_tiny(declared: Declarations) -> bool:
    size = _LENGTH.fullmatch(declared.get("font-size", ""))
    if size is None:
        size = re.match(r"(?:\w+ )*?([\d.]+)(px|pt|em|rem|%)", declared.get("font", ""))
    return size is not None and _value(size[1]) <= (_TINY.get(size[2] or "px", 0.0))


def _is_zero(value: str) -> bool:
    size = _LENGTH.fullmatch(value)
    return size is not None and _value(size[1]) <= (1 if size[2] == "px" else 0)


def _value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def _channels(colour: str) -> tuple[int, int, int] | None:
    """The first colour of a value as red, green and blue."""
    for found in _COLOUR.findall(colour.lower()):
        text = _NAMED.get(found, found)
        if text.startswith("#"):
            digits = text[1:]
            digits = "".join(2 * digit for digit in digits[:3]) if len(digits) in (3, 4) else digits[:6]
            if len(digits) == 6:
                return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
        numbers = re.findall(r"[\d.]+", text) if text.startswith("rgb") else []
        if len(numbers) >= 3:
            red, green, blue = (min(255, int(_value(number))) for number in numbers[:3])
            return red, green, blue
    return None
