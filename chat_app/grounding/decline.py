"""Whether a language model says that the passages do not answer the question."""

from __future__ import annotations

import re

from chat_app.citation import MARKER

_LONGEST = 600  # characters: who goes on to explain has answered
_SOURCE = (
    r"(?:passages?|pages?|documentation|documents?|sources?|texts?|excerpts?|context|website|site|information|material|"
    r"handbook|manual|(?:the )?provided \w+|given \w+|i)"
)
_PATTERNS = (
    rf"\b{_SOURCE}\b[^.!?\n]{{0,60}}\b(?:do|does|did|could|can|is|are)(?: not|n['’]t|not)\b[^.!?\n]{{0,40}}"
    r"\b(?:answer|mention|say|contain|cover|provide|include|discuss|describe|specify|state|address|explain|give|find|"
    r"answered|mentioned|covered|provided|described|specified|enough|relevant|information)",
    rf"\b(?:no|none of the)\b[^.!?\n]{{0,30}}\b{_SOURCE}\b[^.!?\n]{{0,40}}"
    r"\b(?:answers?|mentions?|says?|about|found|available|covers?|provides?|contains?|explains?|describes?)",
    r"\bi (?:could not|couldn['’]t|cannot|can['’]t|do not|don['’]t) (?:find|know|answer|have)\b",
    r"\b(?:not|isn['’]t|aren['’]t) (?:answered|mentioned|covered|described|specified|stated|found) "
    r"(?:in|by) (?:the|these)\b",
    r"\b(?:passagen?|seiten?|abschnitte?|texte?|quellen?|dokumentation|textstellen)\b[^.!?\n]{0,60}"
    r"\b(?:nicht|keine?n?|nichts)\b",
    r"\b(?:passages?|pages?|extraits?|textes?|documents?)\b[^.!?\n]{0,30}\b(?:ne|n['’])\s?\w+[^.!?\n]{0,30}"
    r"\b(?:pas|aucune?|rien)\b",
    r"\b(?:pasajes?|páginas?|fragmentos?|textos?|trechos?|passagens?|brani|pagine|testi)\b[^.!?\n]{0,30}\b(?:no|não|non)\b",
    r"\b(?:passages?|pagina['’]?s|teksten|fragmenten)\b[^.!?\n]{0,60}\b(?:niet|geen|niets)\b",
    r"(?:отрывк|страниц|источник|текст)\w*[^.!?\n]{0,60}\b(?:не|нет)\b",
)
_NOTHING = re.compile("|".join(_PATTERNS), re.IGNORECASE)
_NOTHING_CJK = re.compile(
    "(?:段落|资料|資料|文档|文檔|页面|頁面|文章|文書|ページ|本文)[^。]{0,20}(?:没有|沒有|未|ありません|ません|ない)"
)


def says_nothing_found(sentence: str) -> bool:
    """Whether a sentence says that the passages do not say something."""
    return _NOTHING.search(sentence) is not None or _NOTHING_CJK.search(sentence) is not None


def is_decline(answer: str) -> bool:
    """Whether a verified answer is nothing but a model's word that the passages do not answer: short, and without a
    citation."""
    return len(answer) <= _LONGEST and not MARKER.search(answer) and says_nothing_found(answer)
