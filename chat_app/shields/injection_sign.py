"""Signs of a prompt injection in a question: what each technique looks like, in several languages, and its weight.

Techniques as in the OWASP LLM01 page and Perez & Ribeiro, "Ignore Previous Prompt" (2022): override of the rules,
change of role, request for the hidden prompt, forged frames, and sending data out.
"""

# ruff: noqa: E501 - a pattern is read in one piece
from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """A technique with the pattern that shows it, in a text in lower case with single spaces."""

    technique: str
    weight: int
    pattern: re.Pattern[str]


_NEAR = r"(?:\W+\w+){0,5}?\W+"
_RULES_EN = (
    r"(?:instructions?|rules?|guidelines?|prompts?|directions?|constraints?|restrictions?|programming|policies|policy)"
)
_RULES_DE = r"(?:anweisung(?:en)?|regeln?|vorgaben?|instruktionen|einschränkungen|richtlinien)"
_RULES_ROMANCE = (
    r"(?:instrucciones|reglas|indicaciones|instructions|consignes|règles|istruzioni|regole|instruções|regras|"
    r"restricciones|directives)"
)
_EARLIER = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|all|any|every|your|these|those|initial|original|system)"
)


def _sign(technique: str, weight: int, pattern: str) -> Sign:
    return Sign(technique, weight, re.compile(pattern))


SIGNS = (
    _sign(
        "override",
        3,
        rf"\b(?:ignore|disregard|forget|override|bypass|skip|drop|overlook|do not follow|don't follow|stop following)"
        rf"(?:\W+\w+){{0,3}}?\W+{_EARLIER}\b{_NEAR}?(?<=\W){_RULES_EN}\b",
    ),
    _sign(
        "override",
        3,
        r"\b(?:ignore|forget|disregard) (?:everything|all|anything)(?: that)? (?:above|before|you|i|said|was)\b",
    ),
    _sign(
        "override",
        3,
        rf"\b(?:ignore|disregard|forget|override|bypass) (?:\w+ ){{0,2}}{_RULES_EN} (?:above|before|so far|(?:that )?you (?:were given|have|got|follow))\b",
    ),
    _sign("override", 3, rf"\b(?:ignorier\w*|vergiss|vergesst|missachte\w*|umgehe){_NEAR}{_RULES_DE}\b"),
    _sign(
        "override",
        3,
        rf"\b(?:ignor[aeo]\w*|olvida\w*|oublie[zr]?|dimentica\w*|esque[cç]a\w*|desconsidere|descarta){_NEAR}{_RULES_ROMANCE}\b",
    ),
    _sign(
        "override",
        3,
        r"\b(?:negeer|vergeet)\b.{0,40}\b(?:instructies|regels)\b|\b(?:zignoruj|zapomnij)\b.{0,40}\b(?:instrukcj|polece)",
    ),
    _sign("override", 3, r"(?:игнорируй|забудь|не обращай внимания на)\w*.{0,40}(?:инструкц|правил|указани)"),
    _sign(
        "override",
        3,
        r"(?:忽略|无视|無視|忘记|忘掉).{0,12}(?:指令|指示|规则|規則|说明|提示)|(?:指示|命令|ルール).{0,8}(?:無視|忘れ)",
    ),
    _sign(
        "override",
        3,
        r"(?:이전|위의|모든).{0,10}(?:지시|명령|규칙).{0,10}(?:무시|잊)|(?:تجاهل|انس).{0,30}(?:التعليمات|القواعد|الأوامر)",
    ),
    _sign(
        "override",
        3,
        r"(?:पिछले|सभी|पिछली).{0,20}(?:निर्देश|नियम).{0,20}(?:अनदेखा|भूल|नज़रअंदाज़)|önceki.{0,20}(?:talimat|kural).{0,20}(?:yok say|unut|görmezden)",
    ),
    _sign("override", 2, r"\b(?:new|updated|real|actual) (?:system )?(?:instructions?|rules?|task)\s*(?::|are\b|is\b)"),
    _sign(
        "role",
        2,
        r"\byou are (?:now|no longer)\b|\bfrom now on,? (?:you|act|answer|respond)\b|\bact as (?:if you|an? (?:un|evil|dan\b))",
    ),
    _sign(
        "role",
        2,
        r"\bpretend (?:to be|you are|that you)\b|\bdu bist (?:jetzt|nun|ab sofort)\b|\btu es (?:maintenant|désormais)\b|\bahora eres\b|\bora sei\b",
    ),
    _sign(
        "role",
        3,
        r"\b(?:do anything now|dan mode|jailbreak|god mode|without (?:any )?(?:restrictions|filters|censorship))\b",
    ),
    _sign(
        "role",
        2,
        r"\b(?:no longer|not) (?:bound|restricted|limited) by\b|\bunfiltered\b|\buncensored\b|\b(?:developer|sudo) mode\b",
    ),
    _sign(
        "extraction",
        3,
        r"\b(?:print|show|reveal|repeat|output|display|tell me|give me|write|dump|leak|recite|quote|translate|summari[sz]e|"
        r"encode|what (?:is|was))\b(?:\W+\w+){0,4}?\W+(?:your|the|all)\W+(?:\w+\W+){0,2}?"
        r"(?:system (?:prompt|message|instructions?)|hidden (?:prompt|instructions?|rules)|initial (?:prompt|instructions?)|"
        r"(?<=your )(?:instructions|rules|prompt|guidelines))\b",
    ),
    _sign(
        "extraction",
        3,
        r"\brepeat (?:\w+ )?(?:everything|all|the (?:text|words|lines)) (?:above|before|from the (?:beginning|start))",
    ),
    _sign(
        "extraction",
        3,
        r"\b(?:system-?prompt|systemanweisung(?:en)?|deine (?:anweisungen|regeln)|tus instrucciones|tes instructions|le tue istruzioni)\b",
    ),
    _sign("extraction", 3, r"(?:системн\w+ (?:промпт|инструкц)|系统提示|系統提示|システムプロンプト|시스템 프롬프트)"),
    _sign(
        "frame",
        3,
        r"<\s*/\s*(?:passage|turn|system|assistant|instructions?)\s*>|<\s*(?:passage|turn)\b[^>]{0,80}>|<\|(?:im_start|im_end|system|user|endoftext|eot_id|start_header_id)",
    ),
    _sign(
        "frame",
        3,
        r"\[/?(?:inst|sys|system)\]|<</?sys>>|(?:#{2,} ?|-{3,} ?)(?:system|assistant)\s*(?:message|prompt|override)?:|\bsystem (?:message|prompt|override):",
    ),
    _sign(
        "frame",
        2,
        r"\b(?:begin|end|start) of (?:system )?(?:prompt|instructions?|context|passages?)\b|\[end of (?:context|document|prompt)\]",
    ),
    _sign(
        "sending out",
        2,
        r"\b(?:send|post|upload|transmit|append|forward)\b.{0,80}\b(?:https?://|to (?:the )?(?:url|server|webhook|endpoint) )",
    ),
    _sign(
        "sending out",
        2,
        r"!\[[^\]]{0,80}\]\(https?://[^)]{0,200}[?&=]|\brender (?:an? )?(?:markdown )?image\b.{0,80}https?://",
    ),
)

HARMLESS = re.compile(
    r"^(?:how|where|when|why|which|what happens|can i|could i|should i|is there|is it|does|do i|wie|kann ich|comment|cómo)\b"
)
"""How a question about the subject begins: "how do I ignore previous rules in CSS?" asks, and commands nothing."""
