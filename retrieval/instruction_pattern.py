"""How orders to a language model are worded, in several languages: facts for `retrieval.instruction`.

Each pattern is tried only on texts that hold one of its needles; gaps between words are bounded.
"""

from __future__ import annotations

import re

_GAP = r"(?:[^\w]{1,4}\w+){0,5}?[^\w]{1,4}"
_AI = r"(?:ai|llm|language model|chatbot|assistant|ai assistant|chatgpt|gpt|claude|copilot|gemini|agent)s?"

_WORDED: tuple[tuple[str, str], ...] = (
    # English
    (
        "ignore|disregard|forget|override|bypass|neglect|follow|obey|overrule",
        r"\b(?:ignore|disregard|forget|override|overrule|bypass|neglect|(?:do not|don't|stop) (?:follow|"
        r"obey)(?:ing)?)\b"
        rf"{_GAP}(?:previous|prior|above|earlier|preceding|foregoing|former|initial|original|all|any|your|"
        rf"system|everything)\b"
        r"(?:[^\w]{1,4}\w+){0,3}?[^\w]{1,4}"
        r"(?:instructions?|prompts?|guidelines?|directives?|messages?|restrictions?|constraints?|orders|training|"
        r"system rules|previous rules|rules (?:and|you|above)|your rules|safety)\b",
    ),
    (
        "ignore|disregard|forget",
        r"\b(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:the |your |these |my )?(?:previous|prior|above|"
        r"earlier|"
        r"preceding) (?:\w+ )?(?:instructions?|prompts?|rules|text|context|passages|conversation|commands)\b",
    ),
    ("forget|ignore", r"\b(?:forget|ignore) everything (?:above|before|you|that was|said|i)\b"),
    ("ignore|disregard", r"\b(?:ignore|disregard) (?:all |the |your |every |any )+(?:rules|instructions|prompts)\b"),
    (
        "you are now|from now on|pretend|act as|roleplay|role-play|behave as",
        r"\byou are now (?:an? |in (?:developer|debug|dan|god|admin)|the |dan\b|free|my |no longer|going|"
        r"unrestricted|"
        r"operating)|\bfrom now on,? (?:you|answer|reply|respond|always|say)\b|\bpretend (?:that you (?:are|have)|"
        r"you (?:are|have)|to be an? )|\b(?:act|behave) as (?:if you|an? (?:unrestricted|evil|uncensored|different|"
        r"ai|"
        r"llm|dan|jailbroken)|dan\b)",
    ),
    ("you are no longer", r"\byou are no longer (?:bound|an?|limited|restricted)\b"),
    (
        "system prompt|system message|system instruction|initial prompt|initial instruction|hidden prompt|"
        "hidden instruction|"
        "hidden message|secret prompt|secret instruction|developer prompt|developer message|original prompt|"
        "original instruction",
        r"\b(?:reveal|print|show|repeat|output|display|leak|disclose|tell|write|give|return|recite|quote|paste)\b"
        r"(?:[^\w]{1,4}\w+){0,5}?[^\w]{1,4}(?:system|initial|hidden|secret|developer|original) "
        r"(?:prompts?|instructions?|messages?)\b",
    ),
    (
        "your new |your real |your only |your true |your actual |your updated |the new task|the real task|"
        "new instructions|"
        "begin system|begin of system|start system|end system|instructions for|instructions to|instruction for|"
        "instruction to|"
        "prompt for|message for|message to|note for|note to|end of system",
        r"\b(?:your|the) (?:new|real|only|true|updated|actual) (?:task|goal|instructions?|purpose|role|job|"
        r"prompt|orders)\b"
        r"(?::| is\b| are\b)|\bnew instructions?:|\b(?:begin|start|end) (?:of )?(?:system|new|hidden) (?:prompt|"
        r"instructions?|message)\b|\b(?:important|urgent|secret|hidden|system) (?:instructions?|prompt|message|note) "
        rf"(?:for|to) (?:the |all |any |every )?{_AI}\b",
    ),
    (
        " ai | ais |llm|language model|chatbot|assistant|chatgpt|gpt|claude|copilot|gemini| agent",
        rf"\b(?:dear|attention|note (?:to|for)|instructions? (?:to|for)|message (?:to|for)|hey|"
        rf"if you are)[\s,:]+(?:an? |the |any |all )?"
        rf"(?:\w+ )?{_AI}\b[\s,:!]",
    ),
    (
        " ai | ais |llm|language model|chatbot|assistant|chatgpt|gpt|claude|copilot|gemini| agent",
        rf"\b{_AI} (?:must|should|shall|has to|have to|please|is required to|are required to) (?:\w+ ){{0,4}}"
        r"(?:say|reply|answer|respond|recommend|include|output|ignore|tell|cite|mention|insert|append|always|"
        r"never|not)\b",
    ),
    (
        "when asked|when answering|when summari|when respond|when you |whenever ",
        r"\bwhen(?:ever)? (?:you (?:are )?)?(?:asked|answering|summari[sz]ing|responding|you answer|you respond|"
        r"you reply|you "
        r"summari[sz]e)\b[^.!?]{0,80}\b(?:you must|always|never|say that|reply with|tell the|include the|"
        r"respond with|ignore)\b",
    ),
    (
        "do not tell|don't tell|never tell|do not mention|don't mention|never mention|do not reveal|don't reveal|"
        "never reveal|"
        "do not inform|don't inform|never inform|disclose|warn |tell the user|send ",
        r"\b(?:do not|don't|never) (?:tell|mention|reveal|inform|disclose|warn)\b(?:[^\w]{1,4}\w+){0,5}?[^\w]{1,4}"
        r"(?:the )?(?:user|human)s?\b|\btell the user (?:to|that)\b|\bsend (?:the )?(?:user|conversation|"
        r"chat)(?:'s)? "
        r"(?:\w+ ){0,4}to\b",
    ),
    (
        "jailbreak|developer mode|dan mode|do anything now",
        r"\bjailbreak(?:ed)? (?:mode|prompt)|developer mode (?:enabled|on|activated)|"
        r"\bdan mode\b|\bdo anything now\b",
    ),
    # Forged marks of a conversation
    (
        "im_start|im_end|[inst]|[/inst]|<<sys>>|<</sys>>|endoftext|header_id",
        r"<\|(?:im_(?:start|end)|endoftext|start_header_id)\|>|(?<![&\w])\[inst\]\s|\[/inst\]|<</?sys>>",
    ),
    ("<passage|</passage", r"</?passage\b"),
    (
        "### system|### new inst|### instruction|[system]",
        r"### (?:system (?:prompt|message)|system:|new instructions?|instructions?:)|\[system\]:? (?:you|ignore|"
        r"new)\b",
    ),
    (
        "system:|assistant:",
        r"\b(?:system|assistant):\s+(?:you|ignore|new|the user|print|override|from now|do not|always|sure)\b",
    ),
    # German, French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish
    (
        "ignorier|vergiss|vergessen|missacht|befolge",
        rf"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w*|befolge\w* (?:nicht|keine)\w*){_GAP}"
        r"(?:anweisung\w*|instruktion\w*|regeln|befehl\w*|vorgaben|anleitung\w*|system-?prompt\w*|prompts?)\b",
    ),
    (
        "du bist|sie sind",
        r"\b(?:du bist|sie sind) (?:jetzt|nun|ab sofort|von nun an) (?:ein|der|die|das|kein|im|frei)",
    ),
    (
        "ignore|ignorez|oubli|compte",
        rf"\b(?:ignore[rsz]?|oublie[rsz]?|ne (?:tiens|tenez) pas compte){_GAP}(?:instructions|consignes?|"
        rf"directives|règles|regles)\b"
        r"[^\w]{1,4}(?:pr[ée]c[ée]dent\w*|ant[ée]rieur\w*|ci-dessus|initial\w*|syst[èe]me|donn[ée]e\w*|du syst)",
    ),
    ("maintenant|désormais", r"\b(?:tu es|vous [êe]tes) (?:maintenant|d[ée]sormais) (?:un|une|le|la|en)\b"),
    (
        "ignor|olvid|desatiend|desconsider|esque",
        rf"\b(?:ignor[ae]n?|olvid[ae]n?|desatienda?n?|desconsidere|esque[cç]a){_GAP}"
        r"(?:instrucci[oó]n(?:es)?|indicaciones|reglas|[oó]rdenes|instru[cç][oõ]es|regras|ordens)\b",
    ),
    (
        "ahora eres|agora você|você agora|ora sei|sei ora",
        r"\bahora eres (?:un|una|el|la)\b|\b(?:agora você|você agora) é\b|\bora sei (?:un|il|la)",
    ),
    (
        "ignora|dimentica",
        rf"\b(?:ignora(?:te|re)?|dimentica(?:te|re)?){_GAP}(?:istruzioni|regole|ordini|direttive)\b",
    ),
    ("negeer|vergeet", rf"\b(?:negeer|vergeet){_GAP}(?:instructies|regels|opdrachten|aanwijzingen)\b"),
    ("je bent nu|u bent nu", r"\b(?:je|u) bent nu (?:een|de|het)\b"),
    ("ignoruj|zapomnij|pomiń", rf"\b(?:z?ignoruj\w*|zapomnij\w*|pomiń){_GAP}(?:instrukcj\w*|polece\w*|zasad\w*)"),
    (
        "talimat|yönerge",
        r"\b(?:önceki|yukarıdaki|tüm)\b[^.!?]{0,40}\b(?:talimat|yönerge)\w*[^.!?]{0,30}(?:yoksay|unut|görmezden|"
        r"dikkate alma)",
    ),
    # Other scripts
    (
        "игнорируй|игнорировать|забудь|забыть|не обращай|ігноруй",
        r"(?:игнорируй\w*|игнорировать|забудь\w*|забыть|не обращай\w* внимания|ігноруй\w*)[^.!?]{0,40}"
        r"(?:инструкци|указани|правил|команд|інструкці|вказівк)",
    ),
    ("теперь ты|ты теперь|вы теперь", r"(?:теперь ты|ты теперь|вы теперь)\s"),
    (
        "忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵守",
        "(?:忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵守).{0,12}(?:指令|指示|提示|规则|規則|命令|说明|說明)|"
        "(?:指示|命令|プロンプト|ルール|指令).{0,8}(?:無視|忘れ)",
    ),
    ("你现在是|你現在是|从现在起", "你(?:现在|現在)是|从现在起你"),
    ("지시|명령|프롬프트|규칙", "(?:지시|명령|프롬프트|규칙).{0,10}(?:무시|잊)"),
    ("تجاهل|انس", "(?:تجاهل|انس).{0,20}(?:التعليمات|الأوامر|القواعد|تعليمات)"),
    ("निर्देश", "निर्देश.{0,20}(?:अनदेखा|भूल|नज़रअंदाज़|नजरअंदाज)|(?:अनदेखा|भूल).{0,30}निर्देश"),
)

PATTERNS = tuple((tuple(needles.split("|")), re.compile(pattern)) for needles, pattern in _WORDED)

COMPACT = (
    "ignoreprevious",
    "ignoreallprevious",
    "ignoretheprevious",
    "ignoreprior",
    "ignoreallinstructions",
    "ignoreyourinstructions",
    "ignoretheinstructions",
    "disregardprevious",
    "disregardallprevious",
    "forgetprevious",
    "forgetallprevious",
    "forgetyourinstructions",
    "systemprompt",
    "youarenow",
)
