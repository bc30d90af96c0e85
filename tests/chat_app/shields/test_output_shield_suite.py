"""What every output shield promises, whatever it looks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.shields.guardrail import Guardrail, GuardrailOutputShield
from chat_app.shields.markup import MarkupShield
from chat_app.shields.rules import RulesShield
from chat_app.shields.secret import SecretShield
from chat_app.shields.shield import OutputChain, OutputShield

Make = Callable[[], OutputShield]
OWN: dict[str, Make] = {
    "markup": MarkupShield,
    "secret": SecretShield,
    "rules": RulesShield,
    "both": lambda: OutputChain([MarkupShield(), SecretShield()]),
    "none": OutputChain,
}
MOST_HELD = 1_700

HARMLESS = (
    "Bees swarm in late spring [1]. Add a second box, then wait [2][3].\n\n1. First\n2. Second\n\n> A quotation [1]\n",
    "Set `password` in the form; the token: is optional. Use `<div>` for this, and 3 < 4 > 2.\n",
    "```html\n<script>alert(1)</script>\n[a]: b\n```\nText after it.\n\n~~~\n<b>\n~~~\n",
    "Prices: 5 < 6, a -> b, x <- y, I <3 bees. Ask sk or AKIA, the bearer of news. Passwords: see below.\n",
    "خانه‌ها و می‌خواهم, नमस्ते क्‍या, 👩‍👩‍👧 and 🏴󠁧󠁢󠁥󠁮󠁧󠁿, 日本語の文。\r\n\tEnd\x00",
    "max_tokens=1000 and token_count = 5; password=your_password, api_key={your key}, `secret = os.environ['K']`\n",
)
WORDS = st.sampled_from(
    ["password", "=", ": ", "-", "AKI", "A", "Bearer ", "eyJ", "-----BEGIN ", "PRIVATE KEY-----", "://", "@", " ", "\n",
     "```", "`", "< ", "[1]", "]", "[", ":", "word", "7", "xy", "\\", "-", "a:b", "token", "\n\n", "~~~\n", "é"]
)  # fmt: skip
TEXTS = st.lists(WORDS | st.text(max_size=3), max_size=30).map("".join)


def pieces_of(text: str, sizes: Sequence[int]) -> list[str]:
    found, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        found.append(text[at : at + size])
        at, turn = at + size, turn + 1
    return found


async def streamed(shield: OutputShield, pieces: Sequence[str]) -> str:
    return "".join([await shield.feed(piece) for piece in pieces]) + await shield.finish()


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("text", HARMLESS)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_harmless_text_comes_out_byte_for_byte(name: str, text: str, sizes: list[int]) -> None:
    assert asyncio.run(streamed(OWN[name](), pieces_of(text, sizes))) == text


@pytest.mark.parametrize("name", OWN)
@given(text=TEXTS, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_what_comes_out_does_not_depend_on_the_pieces(name: str, text: str, sizes: list[int]) -> None:
    whole = asyncio.run(streamed(OWN[name](), [text]))
    assert asyncio.run(streamed(OWN[name](), pieces_of(text, sizes))) == whole


@pytest.mark.parametrize("name", OWN)
@given(
    text=st.text(alphabet="abcdefgh ijk.\n", max_size=200), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5)
)
def test_plain_words_are_never_changed(name: str, text: str, sizes: list[int]) -> None:
    assert asyncio.run(streamed(OWN[name](), pieces_of(text, sizes))) == text


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    "unit", ["password=", "-----BEGIN ", "<", "[", "`", "eyJ", "sk-", "://a:", "Bearer ", "[a]: ", "a", "```\n", " "]
)
def test_no_more_than_a_bounded_part_is_held_back(name: str, unit: str) -> None:
    async def held() -> int:
        shield, fed, shown, most = OWN[name](), 0, 0, 0
        for piece in pieces_of(unit * (6_000 // len(unit)), [50]):
            fed += len(piece)
            shown += len(await shield.feed(piece))
            most = max(most, fed - shown)
            if getattr(shield, "removed", None):
                return 0  # a secret that goes on is dropped, not held
        return most

    assert asyncio.run(held()) <= MOST_HELD


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_a_guardrail_that_has_nothing_against_it_changes_nothing(guardrail: Guardrail, sizes: list[int]) -> None:
    text = "".join(HARMLESS) * 3
    assert asyncio.run(streamed(GuardrailOutputShield(guardrail), pieces_of(text, sizes))) == text
