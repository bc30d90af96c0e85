"""Whether a passage says a statement: by its words, numbers, names and negations, and by its meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_app.grounding.evidence import Evidence, Unit, clauses, letters
from chat_app.grounding.wording import (
    code_spans,
    contradiction,
    is_negated,
    is_universal,
    modifiers,
    names,
    numbers,
    stems,
    subject,
)
from chat_app.query_term import coverage, terms

MEANING_WEIGHT = 0.5
"""Share of the cosine in the score; the rest is the share of the statement's terms that the passage has."""
SUPPORTED_FROM = 0.45
"""Score from which a statement without a fault counts as said. Both are from the middle of the plateau on the first
half of benches/grounding_sentences.yaml."""
_SAME_CLAUSE = 0.6
_SAME_PREDICATE = 0.6


@dataclass(frozen=True, slots=True)
class Judgement:
    """`score` is from 0 (nothing like it) to 1 (word for word); `reason` says what is wrong, "" for nothing."""

    score: float
    reason: str = ""


def judge(markdown: str, plain: str, evidence: Evidence, close: Sequence[float]) -> Judgement:
    """Judge a statement against one passage; `close` is the cosine of the statement with each of its units."""
    if is_verbatim(plain, evidence):
        return Judgement(1.0)
    wanted = terms(plain)
    if not evidence.units or not wanted:
        return Judgement(0.0, "the passage says nothing like it")
    found = _nearest(wanted, evidence, close, len(clauses(plain)) > 1)
    there = frozenset[str]().union(*(unit.terms for unit in found)) | terms(evidence.setting)
    score = MEANING_WEIGHT * max(close) + (1 - MEANING_WEIGHT) * coverage(wanted, there)
    said = " ".join(unit.markdown for unit in found)
    reason = (
        _wrong_number(plain, said, evidence)
        or _wrong_name(markdown, said, evidence)
        or _wrong_sense(plain, found)
        or _other_thing(plain, found, evidence)
    )
    if not reason and score < SUPPORTED_FROM:
        reason = "the passage says nothing like it"
    return Judgement(score, reason)


def judge_translated(plain: str, evidence: Evidence, close: Sequence[float]) -> Judgement:
    """Judge a statement in another language than the passage's: only its figures and code can be compared."""
    score = max(close, default=0.0)
    lacking = {number for number in numbers(plain) if number.isdigit()} - numbers(evidence.text)
    return Judgement(score, f"{_one(lacking)} is not what the passage says" if lacking else "")


def is_verbatim(plain: str, evidence: Evidence) -> bool:
    """Return whether the passage holds the statement word for word; what `…` leaves out may be missing."""
    parts = [letters(part) for part in plain.split("…")]
    return any(parts) and all(part in evidence.letters for part in parts)


def _nearest(wanted: frozenset[str], evidence: Evidence, close: Sequence[float], has_parts: bool) -> list[Unit]:
    """The unit that says most of it and, where another one says what that leaves open, this one too."""
    rated = [
        (near + coverage(wanted, unit.terms), -place)
        for place, (unit, near) in enumerate(zip(evidence.units, close, strict=True))
    ]
    first = evidence.units[-max(rated)[1]]
    rest = wanted - first.terms
    second = max(evidence.units, key=lambda unit: len(rest & unit.terms))
    enough = 1 if has_parts else 2
    return [first, second] if len(rest & second.terms) >= enough else [first]


def _wrong_number(plain: str, said: str, evidence: Evidence) -> str:
    wanted, there = numbers(plain), numbers(said)
    lacking = wanted - there
    if not lacking:
        return ""
    elsewhere = lacking <= numbers(evidence.text + " " + evidence.setting)
    if elsewhere and not there - wanted:
        return ""
    return f"{_one(lacking)} is not what the passage says"


def _wrong_name(markdown: str, said: str, evidence: Evidence) -> str:
    context = evidence.text + " " + evidence.setting
    wanted, there = names(markdown, context), names(said, context)
    everywhere = f" {context.lower()} "
    lacking = {name for name in wanted if name not in everywhere and not stems([name]) & evidence.terms}
    spans, known = code_spans(markdown), code_spans(said)
    lacking |= {span for span in spans if span not in everywhere}
    if lacking:
        return f"{_one(lacking)} is not in the passage"
    near = f" {said} {evidence.setting} ".lower()
    missing = {name for name in wanted | spans if name not in near} | {span for span in spans - known if known}
    rivals = (there | known) - wanted - spans
    if missing and rivals:
        return f"the passage says it of {_one(rivals)}, not of {_one(missing)}"
    return ""


def _wrong_sense(plain: str, found: Sequence[Unit]) -> str:
    said = " ".join(unit.plain for unit in found)
    word = contradiction(plain, said)
    if word:
        return f"the passage says the opposite of {word}"
    if is_universal(plain) and not is_universal(said):
        return "the passage does not say it of all cases"
    parts = [part for unit in found for part in clauses(unit.plain)]
    for clause in clauses(plain):
        wanted = terms(clause)
        share, part = max(((coverage(wanted, terms(part)), part) for part in parts), default=(0.0, ""))
        if len(wanted) >= 2 and share >= _SAME_CLAUSE and is_negated(clause) != is_negated(part):
            return "the passage says the opposite"
    return ""


def _other_thing(plain: str, found: Sequence[Unit], evidence: Evidence) -> str:
    """Whether the passage says it, but of something else that it speaks of: another subject, another kind."""
    said, wanted = " ".join(unit.plain for unit in found), terms(plain)
    own, other = subject(plain), subject(found[0].plain)
    rest = wanted - own
    is_other = own and other and not own & found[0].terms and own <= evidence.terms and not other & wanted
    if is_other and coverage(rest, found[0].terms) >= _SAME_PREDICATE:
        return "the passage says it of something else"
    before, named = modifiers(said), stems(names(plain, evidence.text))
    for word, kinds in modifiers(plain).items():
        others = before.get(word, frozenset()) - wanted
        is_swapped = others and kinds <= evidence.terms - named and not kinds & terms(said)
        if is_swapped and not _has_digit(word, *kinds, *others):
            return f"the passage says it of another {word}"
    return ""


def _has_digit(*words: str) -> bool:
    return any(character.isdigit() for word in words for character in word)


def _one(words: frozenset[str] | set[str]) -> str:
    return min(words)
