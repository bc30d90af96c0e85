"""The language of a short text, by its commonest words: only to tell whether two texts share one."""

from __future__ import annotations

import re
from collections import Counter

_WORDS = {
    "en": "the of and to is in that for it with are this be on not as by from or an",
    "de": "der die das und ist nicht den von mit sich des auf für ein eine im werden wird zu dem",
    "fr": "le la les des et est une dans pour que qui pas sur avec sont du au par vous ce",
    "es": "el la los las que y es una por con para del se no son como su más en al",
    "it": "il lo gli che è di per una con non sono della nel dei si più alla le anche un",
    "pt": "o os as que e é uma por com para não do da em se dos mais são no um",
    "nl": "de het een en van is niet dat op te zijn met voor die wordt aan ook bij worden naar",
}
_LANGUAGES: dict[str, list[str]] = {}
for _language, _text in _WORDS.items():
    for _word in _text.split():
        _LANGUAGES.setdefault(_word, []).append(_language)
_SCRIPTS = {
    "cyrillic": re.compile("[а-яё]", re.IGNORECASE),
    "kana": re.compile("[\u3040-\u30ff]"),
    "hangul": re.compile("[\uac00-\ud7af]"),
    "han": re.compile("[\u4e00-\u9fff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "greek": re.compile("[α-ωά-ώ]", re.IGNORECASE),
}
_FEWEST = 3
_LEAD = 1.5
_SHARE = 0.3


def tongue(text: str) -> str:
    """Return a language or a script, "" where it cannot be told."""
    letters = sum(map(str.isalpha, text))
    for script, pattern in _SCRIPTS.items():
        if letters and len(pattern.findall(text)) > _SHARE * letters:
            return script
    counts = Counter(language for word in re.findall(r"\w+", text.lower()) for language in _LANGUAGES.get(word, ()))
    ranked = [*counts.most_common(2), ("", 0), ("", 0)]
    (first, most), (_, next_most) = ranked[0], ranked[1]
    return first if most >= _FEWEST and most >= _LEAD * next_most else ""
