"""What an answer depends on, as one hash: whatever changes any of it makes another answer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from chat_app.answerer import Evidence
from chat_app.models.registry import LanguageModel
from chat_app.prompt import RULES, prompt
from chat_app.question import Question
from data_contracts.identity import content_id

_FORM = "1"
"""Raise it when the same prompt shall be answered in another way: no earlier answer is given again."""
_CODE = re.compile(r"(`[^`]*`)")
_END = " \t?!."


def answer_key(question: Question, evidence: Evidence, model: LanguageModel) -> str:
    """Return the sha256 of all that the model is shown and of which model it is.

    Nothing of the asker is in it, so people share answers; but the passages are, in their order and with their sources:
    who may not read one of them asks with other passages, and a recrawl that changes one makes another key. Earlier
    turns are part of what the model is shown, so they are part of the key and never leave their conversation.
    """
    asked = replace(question, text=normalised(question.text), standalone=normalised(question.sought))
    passages = [f"{passage.source}\n{passage.text_hash}" for passage in evidence.passages]
    return content_id(_FORM, RULES, model.provider, model.model_id, prompt(asked, evidence), *passages)


def normalised(question: str) -> str:
    """Return a question without what does not change its meaning: case, outside code; space; marks at its end."""
    parts = _CODE.split(unicodedata.normalize("NFC", question))
    plain = (part if _CODE.fullmatch(part) else part.casefold() for part in parts)
    return " ".join("".join(plain).split()).rstrip(_END)
