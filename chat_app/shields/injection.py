"""Whether a question tries to give the assistant orders instead of asking it something."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from chat_app.error import ShieldRefusal
from chat_app.question import Question
from chat_app.shields.control_character import visible
from chat_app.shields.injection_sign import HARMLESS, SIGNS

SUSPICIOUS = 3
"""Score from which a question counts as an injection; measured over labelled questions in the tests."""

_READ = 8_000
_HIDDEN = 1
_ASKED = -2
_LOOK_ALIKE = str.maketrans("аеорсухіјѕԁһⅼαεονρτικ", "aeopcyxijsdhlaeovptik")
_LEET = str.maketrans("013457@$!", "oieastasi")
_SPACED = re.compile(r"\b(?:\w[ .\-_*]){4,}\w\b")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_SEVERAL = re.compile(r"[.!?:;]\s+\S|\n")
_MIXED_WORD = re.compile(r"\b(?=\w*[a-z])(?=\w*[а-яіјѕԁһα-ω])\w+\b")


class InjectionPolicy(StrEnum):
    """What happens to a question that looks like an injection."""

    OFF = "off"
    FLAG = "flag"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How much a text looks like an injection: the sum of its techniques' weights, one for each technique."""

    score: int
    techniques: tuple[str, ...]

    @property
    def is_injection(self) -> bool:
        """Whether it is enough to act on."""
        return self.score >= SUSPICIOUS


class InjectionShield:
    """Flags or refuses questions that try to change the assistant's rules.

    A help, no wall: what holds when it misses is that passages and history are data in the prompt, that citations come
    from the server, and that the model can reach nothing.
    """

    def __init__(self, policy: InjectionPolicy) -> None:
        self._policy = policy

    async def check(self, question: Question) -> Question:
        """Return the question, with a flag when it is suspicious. Errors: ShieldRefusal under the policy `refuse`."""
        if self._policy is InjectionPolicy.OFF:
            return question
        suspicion = suspect(question.text)
        if not suspicion.is_injection:
            return question
        if self._policy is InjectionPolicy.REFUSE:
            raise ShieldRefusal(
                "**This reads like instructions to the assistant, so it is not answered.** Ask in plain words what you "
                "want to know about the pages."
            )
        flag = f"injection: {', '.join(suspicion.techniques)}"
        return replace(question, flags=(*question.flags, flag))


def suspect(text: str) -> Suspicion:
    """Return how suspicious a text is, with what hides in it: look-alike letters, digits for letters, spaced letters
    and base64 are read too, and count more."""
    techniques: dict[str, int] = {}
    hidden = False
    plain = _normal(text[:_READ])
    for place, reading in enumerate(_readings(text[:_READ], plain)):
        for sign in SIGNS:
            if techniques.get(sign.technique, 0) < sign.weight and sign.pattern.search(reading):
                techniques[sign.technique] = sign.weight
                hidden = hidden or place > 0
    score = sum(techniques.values()) + _HIDDEN * hidden
    if score and not hidden and HARMLESS.match(plain) and not _SEVERAL.search(text.strip()):
        score += _ASKED
    return Suspicion(score, tuple(sorted(techniques)) + (("hidden",) if hidden else ()))


def _readings(text: str, plain: str) -> Iterator[str]:
    """Yield the text as it is, then what it may stand for."""
    yield plain
    latin = _MIXED_WORD.sub(lambda word: word[0].translate(_LOOK_ALIKE), plain)
    if latin != plain:
        yield latin
    letters = latin.translate(_LEET)
    if letters != latin:
        yield letters
    if _SPACED.search(plain):
        yield _SPACED.sub(lambda spaced: re.sub(r"[ .\-_*]", "", spaced[0]), re.sub(r" {2,}|\s*/\s*", "  ", plain))
        yield re.sub(r"(?<=\b\w)[ .\-_*](?=\w\b)", "", text.casefold())
    for found in _BASE64.finditer(text):
        try:
            yield _normal(base64.b64decode(found[0] + "=" * (-len(found[0]) % 4)).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue


def _normal(text: str) -> str:
    """Lower case, compatibility forms resolved, nothing invisible, single spaces."""
    return " ".join(visible(unicodedata.normalize("NFKC", text)).casefold().split())
