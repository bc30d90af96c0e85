"""How the chat looks: its colour and its logo, for all sources and for single ones."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_app.people.access import read_pairs
from chat_app.people.contrast import AA, Colour, from_hsl, hsl, least_contrast, legible, luminance, read_colour
from chat_app.people.error import UnfitSetting
from chat_app.people.people_settings import PeopleSettings

_LOG = logging.getLogger(__name__)
_KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
_GROUNDS = ("--background", "--card", "--accent", "--sidebar-background")
_CHIP = 0.12
"""How much of the colour lies behind a citation's number."""


@dataclass(frozen=True, slots=True)
class Look:
    """`css` sets the colour by day and by night, "" for LoreChat's own; `logo` is None for LoreChat's own."""

    css: str = ""
    logo: Path | None = None

    @property
    def logo_kind(self) -> str:
        """The logo's media type."""
        return _KINDS[self.logo.suffix.lower()] if self.logo else ""


class Looks:
    """`theme` is the toolkit's theme file, whose grounds a colour must be legible on. One that is not is made darker by
    day and lighter by night until it is, and the log says so. Errors: UnfitSetting."""

    def __init__(self, settings: PeopleSettings, theme: Path) -> None:
        self._grounds = _grounds(json.loads(theme.read_text(encoding="utf-8"))["variables"])
        logo = str(settings.logo) if settings.logo else ""
        self._all = self._look("LORECHAT_ACCENT", settings.accent, logo)
        pairs = read_pairs(settings.source_looks, "LORECHAT_SOURCE_LOOKS", "bees=#8a5a00:/files/bees.svg")
        self._of = {source: self._look(source, *_parted(look)) for source, look in pairs}

    def of(self, source: str | None) -> Look:
        """Return the look of a source; None, and one without a look of its own: that of all."""
        return self._of.get(source or "", self._all)

    def _look(self, name: str, accent: str, logo: str) -> Look:
        file = Path(logo) if logo else None
        if file and (file.suffix.lower() not in _KINDS or not file.is_file()):
            raise UnfitSetting(f"The logo {file} of {name} is no SVG or PNG file that is there.")
        return Look(self._css(name, read_colour(accent)) if accent else "", file)

    def _css(self, name: str, colour: Colour) -> str:
        rules = []
        for mode, selector in (("light", ":root"), ("dark", ".dark")):
            grounds = self._grounds[mode]
            shown = legible(colour, grounds, tint=_CHIP)
            if shown != colour:
                least = least_contrast(colour, grounds, tint=_CHIP)
                _LOG.warning("%s: the colour's contrast is %.1f by %s, and was raised to %.1f", name, least, mode, AA)
            ink = "222 30% 8%" if luminance(shown) > 0.18 else "0 0% 100%"
            rules.append(
                f"{selector} {{ --primary: {hsl(shown)} !important; --ring: {hsl(shown)} !important; "
                f"--primary-foreground: {ink} !important; }}"
            )
        return "\n".join(rules) + "\n"


def _grounds(variables: Mapping[str, Mapping[str, str]]) -> dict[str, list[Colour]]:
    return {mode: [from_hsl(variables[mode][name]) for name in _GROUNDS] for mode in ("light", "dark")}


def _parted(look: str) -> tuple[str, str]:
    accent, _, logo = look.partition(":")
    return accent.strip(), logo.strip()
