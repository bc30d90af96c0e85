"""Characters that nobody sees: a person does not type them, and they hide words from people or from other checks.

Joiners stay where writing needs them (Persian, Hindi, emoji), direction marks too; see Unicode Technical Report 36 and
the Unicode Standard, chapters 9, 12 and 23.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chat_app.question import Question

_JOINING = (
    "\u0600-\u07ff\u0840-\u085f\u08a0-\u08ff\u0900-\u0dff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af"
    "\u200c\u200d\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_PICTURE = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff\U0001f3fb-\U0001f3ff"
_FLAG_OF_A_REGION = "\U0001f3f4[\U000e0061-\U000e007a\U000e0030-\U000e0039]{2,6}\U000e007f"
_VARIED = (
    "\u0023\u002a\u0030-\u0039" + _PICTURE + "\u0300-\u036f\u1820-\u18aa\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_INVISIBLE = re.compile(
    rf"(?P<kept>{_FLAG_OF_A_REGION}"
    rf"|(?<=[{_JOINING}{_PICTURE}])[\u200c\u200d]+(?=[{_JOINING}{_PICTURE}])"
    rf"|(?<=[{_VARIED}])[\ufe00-\ufe0f\U000e0100-\U000e01ef])"
    r"|\r\n?"
    r"|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


class ControlCharacterShield:
    """Removes control and invisible characters. Text that people write comes through unchanged."""

    async def check(self, question: Question) -> Question:
        """Return the question with what can be seen of it."""
        text = visible(question.text)
        return question if text == question.text else replace(question, text=text)


def visible(text: str) -> str:
    """Return a text without control characters (line ends and tabs stay), lone surrogates and invisible characters."""
    return _INVISIBLE.sub(_kept, text)


def _kept(match: re.Match[str]) -> str:
    if match["kept"]:
        return match["kept"]
    return "\n" if match[0].startswith("\r") else ""
