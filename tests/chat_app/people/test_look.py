"""Colours that can be read, whatever was set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.people.contrast import AA, contrast, from_hsl, hsl, least_contrast, legible, read_colour
from chat_app.people.error import UnfitSetting
from chat_app.people.look import Looks
from chat_app.settings import PROJECT, ChatSettings

THEME = PROJECT / "chat_app" / "interface" / "public" / "theme.json"
LIGHT = [(1.0, 1.0, 1.0), read_colour("#fbfaf8")]
DARK = [read_colour("#14171f"), read_colour("#1a1e27")]
COLOURS = st.tuples(*[st.floats(0, 1)] * 3)


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast(read_colour("#777777"), (1, 1, 1)) == pytest.approx(4.48, abs=0.005)


@given(COLOURS)
def test_every_colour_becomes_legible_by_day_and_by_night(colour: tuple[float, float, float]) -> None:
    for grounds in (LIGHT, DARK):
        assert least_contrast(legible(colour, grounds, tint=0.12), grounds, tint=0.12) >= AA


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    green = read_colour("#16705f")
    assert legible(green, LIGHT, tint=0.12) == green
    assert from_hsl(hsl(green)) == pytest.approx(green, abs=0.003)


def test_a_faint_colour_is_changed_and_the_log_says_so(
    make_settings: Callable[..., ChatSettings], caplog: pytest.LogCaptureFixture
) -> None:
    look = Looks(make_settings(accent="#ffd94d"), THEME).of("bees")
    assert "--primary" in look.css
    assert "LORECHAT_ACCENT: the colour's contrast is" in caplog.text


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"accent": "yellow"}, "six hexadecimal digits"),
        ({"logo": Path("/nowhere/logo.svg")}, "no SVG or PNG file"),
        ({"source_looks": "bees"}, "LORECHAT_SOURCE_LOOKS"),
    ],
)
def test_a_look_that_cannot_be_understood_is_told(
    make_settings: Callable[..., ChatSettings], settings: dict[str, object], says: str
) -> None:
    with pytest.raises(UnfitSetting, match=says):
        Looks(make_settings(**settings), THEME)
