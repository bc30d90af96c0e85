"""Whether a question can be understood without the turns before it.

Deterministic, and fast enough to run before every search (0.2 ms). The rules are English, with the
openings and short questions of other European languages; figures over labelled pairs are in the tests. Where it cannot
tell, it says standalone: a question that is searched as it stands is never made worse by an earlier topic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chat_app.query_term import terms
from chat_app.question import Exchange

_DEICTIC = r"(?:web ?)?site|website|page|documentation|docs|project|product|company|handbook|manual|app|tool|chat"
_PLEONASTIC = re.compile(
    r"\b(?:is|was|does|would|will|can|should) it (?:be )?(?:make sense|possible|safe|necessary|required|recommended|"
    r"ok|okay|better|worth|allowed|take|cost|matter|enough|normal|common)\b(?= (?:to|that|if|when|for|\w+ing)\b)"
    r"|\bwhat (?:does )?it (?:takes?|means?) (?:to|when|if)\b"
    r"|\bdoes it mean (?:when|if|that)\b|\bit is (?:possible|safe)\b"
    rf"|\bth(?:is|ese) (?:{_DEICTIC})\b|\bthere (?:is|are|was|were)\b|\b(?:is|are|was|were|be) there\b"
    r"|\bthis (?:error|warning|message|code|command|query)\s*[:`\"'\n]|\bone of\b|\bor not\b",
    re.I,
)
_PERSONAL = re.compile(r"\b(?:it|its|it's|itself|they|them|their|theirs|he|him|his|she|her|hers)\b", re.I)
_POINTING = re.compile(
    r"\b(?:this|these|those|such(?! as))\b"
    r"|\bthat(?:'s)?(?=\s*(?:$|[?.!,;]|(?:work|mean|do|does|is|was|will|would|can|could|apply|help|happen|take|cost|on|in|"
    r"with|for|to|from|by|without|and|or|too|also|again|instead|using|way|one|case|part|step|option|setting|method|"
    r"approach|command|page|section)\b))"
    r"|\bthe same\b|\bthe (?:former|latter|other|others|rest|above|previous|last one|first one|second one)\b"
    r"|\b(?:the )?(?:first|second|third|fourth|last|other|next|previous|another|which|either|neither|both|each)"
    r"(?: (?:one|ones|option|step|point|part|method|approach|way|example|command))(?=\s*(?:$|[?.!,;]|\w+))"
    r"|\b(?:above|mentioned|aforementioned|you (?:said|wrote|mentioned|listed|described|just said))\b"
    r"|\b(?:from|in|over|out of|get|go) there\b|\bdo so\b|\bif (?:so|not)\b|\bof them\b|\binstead\s*\??$",
    re.I,
)
_OPENING = re.compile(
    r"^\W*(?:and|also|but|so|or|then|plus|besides|okay|ok|sure|thanks|thank you|great|right|hm+|yes|no|well|und|aber|"
    r"oder|auch|et|mais|ou|alors|y|pero|e|ed|ma|mas|en|maar|а|и|но)\b[\s,.:!…-]*",
    re.I,
)
_ELLIPSIS = re.compile(
    r"^\W*(?:what|how) about\b|^\W*what (?:else|if)\b(?!.{60})|^\W*(?:any|anything|something|someone) (?:else|other)\b"
    r"|^\W*(?:why|how|when|where|which|how so|since when|how come|says who)"
    r"(?: (?:not|so|exactly|though|is that))?\s*\?*$"
    r"|^\W*(?:same|likewise|ditto)\b|^\W*(?:is|are|was|were) (?:you|u) sure\b|^\W*really\b"
    r"|^\W*(?:warum|wieso|weshalb|wann|wo|wie|pourquoi|quand|comment|où|por qué|cuándo|cómo|dónde|perché|quando|come|"
    r"dove|por que|onde|waarom|hoe|dlaczego|jak|почему|как|когда)"
    r"(?: (?:nicht|denn|das|genau|pas|no|non|não|niet))?\s*\?*$"
    r"|^\W*(?:was ist mit|wie sieht es mit|wie ist es mit|qu'en est-il|et pour|qué pasa con|qué hay de|e per|e quanto|"
    r"en hoe zit het|а как насчёт)\b"
    r"|\b(?:das|dies|dazu|davon|damit|dafür|ça|cela|eso|esto|questo|ciò|isso|isto|dat|это|это)\b\s*[?.!]*$",
    re.I,
)
_ABOUT_THE_ANSWER = frozenset(
    terms(
        """more less detail details detailed example examples elaborate further continue again rephrase reword simpler
        simply simple shorter short longer brief briefly summarize summarise summary translate translation english
        german french spanish italian polish portuguese dutch difference differences better best faster slower cheaper
        easier alternative alternatives option options other others another else way ways thing things next previous
        step steps list table bullet bullets point points first second third last exactly else anything something answer
        reason why try tried give gave go say said word words sentence sentences clarify expand long much many often far
        big need necessary correct right wrong sure true really please thanks thank want help possible write put make
        default recommended version versions limit limits advantages disadvantages pros cons drawbacks downsides"""
    )
)
_PREPOSITION = re.compile(
    r"^\W*(?:(?:even|only|just|maybe|still|also) )?"
    r"(?:on|in|with|without|for|from|under|using|via|at|by|during|after|before|between|only|except|not|as|"
    r"auf|unter|mit|ohne|bei|für|sous|sur|avec|sans|pour|dans|con|sin|para|senza|su|per|com|sem|op|met|zonder|voor|na|w|z|bez)\s",
    re.I,
)
_ASKING = re.compile(
    r"\b(?:how|what|which|who|whom|whose|when|where|why|does|do|did|is|are|was|were|can|could|should|will|would|must|"
    r"show|explain|describe|tell|list|give|find|wie|was|welche\w*|wer|wann|wo|comment|quel\w*|que|qué|cómo|cuál|come|"
    r"cosa|quale|hoe|wat|jak|как|что)\b",
    re.I,
)
_DEFINING = re.compile(
    r"^\W*(?:what(?:'s| is| are| was| were| does)|who(?:'s| is| are)|define|explain|describe|meaning of|"
    r"was (?:ist|sind)|qu'est-ce|qué (?:es|son)|cos'è|co to|wat is|o que é|что такое)\b",
    re.I,
)
_CLAUSE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_SUBCLAUSE = re.compile(r"(?<=[.!?;:,])\s+|\n+|\b(?:and|but|or|if|when|because)\b")
_INTRODUCED = re.compile(r"\b(?:an?|my|our|your|every|each|some)\s+(?!lot\b|few\b|bit\b|way\b)\w{3,}", re.I)
_CLOSING = re.compile(r"(?:this|that|these|those)\W*$", re.I)
_MINE = re.compile(r"\b(?:my|our)\b", re.I)


def is_standalone(text: str, history: Sequence[Exchange]) -> bool:
    """Whether `text` says by itself what it asks for. Without a history there is nothing else that it could mean."""
    if not history:
        return True
    asked = _PLEONASTIC.sub(" ", " ".join(text.split()))
    content = _content(asked)
    if _ELLIPSIS.search(asked) and len(content) <= 5:
        return False
    if _refers_back(asked):
        return False
    if not content:
        return False
    opening = _OPENING.match(asked)
    rest = asked[opening.end() :] if opening else asked
    if opening and len(content) <= 2 and not _DEFINING.match(rest):
        return False
    if _PREPOSITION.match(rest) and not _ASKING.search(rest) and len(content) <= 3:
        return False
    return not _is_fragment(rest, content, history)


def _content(text: str) -> frozenset[str]:
    """What a text is about: its terms without those that speak of an answer rather than of a subject."""
    return terms(text) - _ABOUT_THE_ANSWER


def _refers_back(text: str) -> bool:
    """Whether a pronoun has nothing before it in the text that it could stand for. What stands before a later one
    holds what stands before the first: only the first and the last, which may close the question, are looked at."""
    for pattern in (_POINTING, _PERSONAL):
        matches = list(pattern.finditer(text))
        for match in {match.start(): match for match in (*matches[:1], *matches[-1:])}.values():
            before = text[: match.start()]
            if any(_content(clause) for clause in _CLAUSE.split(before)[:-1]):
                continue  # an earlier sentence says it
            if _CLOSING.match(text, match.start()):
                before = " ".join(_SUBCLAUSE.split(before)[:-1])
            introduced = pattern is _PERSONAL and _INTRODUCED.search(before)
            if len(_content(before)) < (1 if introduced else 2):
                return True
    return False


def _is_fragment(text: str, content: frozenset[str], history: Sequence[Exchange]) -> bool:
    """Whether it is too little for a question: one term without "what is", or one that the last turn was about."""
    if len(content) > 1 or _MINE.search(text) or (_DEFINING.match(text) and not _only_the(text)):
        return False
    last = history[-1]
    known = terms(f"{last.question} {last.standalone}")
    return bool(_ASKING.search(text)) or bool(content & known) or text.rstrip().endswith("?")


def _only_the(text: str) -> bool:
    """Whether one attribute is asked for of something unnamed: "what is the default?"."""
    return re.search(r"\b(?:the|der|die|das|le|la|el|il)\b", text, re.I) is not None
