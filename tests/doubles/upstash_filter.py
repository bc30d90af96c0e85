"""Upstash Vector's filter language over metadata: `url = 'https://a.test/' AND (rank > 3 OR HAS NOT FIELD x)`."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign><=|>=|!=|=|<|>|\(|\)|,)"
    r"|(?P<word>[A-Za-z_][\w.\[\]#-]*))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "GLOB": lambda one, other: fnmatch.fnmatchcase(str(one), other),
    "CONTAINS": lambda one, other: other in one,
}
_MISSING = object()


class BadFilter(ValueError):
    """A filter that the server does not understand."""


def parse_filter(text: str) -> Test:
    """Return what a filter says of a row's metadata. Raises BadFilter."""
    tokens = _tokens(text)
    test = _either(tokens)
    if tokens:
        raise BadFilter(f"unexpected {tokens[0][1]!r}")
    return test


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadFilter(f"cannot read {text[at:]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _is_next(tokens: list[tuple[str, str]], word: str) -> bool:
    return bool(tokens) and tokens[0][1].upper() == word


def _take(tokens: list[tuple[str, str]], *kinds: str) -> str:
    if not tokens or tokens[0][0] not in kinds:
        raise BadFilter(f"expected {' or '.join(kinds)}, found {tokens[0][1] if tokens else 'the end'!r}")
    return tokens.pop(0)[1]


def _either(tokens: list[tuple[str, str]]) -> Test:
    tests = [_both(tokens)]
    while _is_next(tokens, "OR"):
        tokens.pop(0)
        tests.append(_both(tokens))
    return lambda row: any(test(row) for test in tests)


def _both(tokens: list[tuple[str, str]]) -> Test:
    tests = [_one(tokens)]
    while _is_next(tokens, "AND"):
        tokens.pop(0)
        tests.append(_one(tokens))
    return lambda row: all(test(row) for test in tests)


def _one(tokens: list[tuple[str, str]]) -> Test:
    if _is_next(tokens, "("):
        tokens.pop(0)
        test = _either(tokens)
        if _take(tokens, "sign") != ")":
            raise BadFilter("expected )")
        return test
    if _is_next(tokens, "HAS"):
        del tokens[:1]
        is_wanted = not _is_next(tokens, "NOT")
        if not is_wanted:
            tokens.pop(0)
        if _take(tokens, "word").upper() != "FIELD":
            raise BadFilter("expected FIELD")
        field = _take(tokens, "word")
        return lambda row: (_value(row, field) is not _MISSING) == is_wanted
    return _comparison(tokens, _take(tokens, "word"))


def _comparison(tokens: list[tuple[str, str]], field: str) -> Test:
    is_wanted = not _is_next(tokens, "NOT")
    if not is_wanted:
        tokens.pop(0)
    sign = _take(tokens, "sign", "word").upper()
    if sign == "IN":
        choices = _choices(tokens)
        return lambda row: (_value(row, field) in choices) == is_wanted
    if sign not in _COMPARISONS:
        raise BadFilter(f"no operator {sign!r}")
    compare, wanted = _COMPARISONS[sign], _literal(tokens)

    def test(row: Mapping[str, Any]) -> bool:
        found = _value(row, field)
        try:
            return found is not _MISSING and compare(found, wanted) == is_wanted
        except TypeError:  # of different kinds: no match
            return False

    return test


def _choices(tokens: list[tuple[str, str]]) -> list[Any]:
    if _take(tokens, "sign") != "(":
        raise BadFilter("expected (")
    found = [_literal(tokens)]
    while _is_next(tokens, ","):
        tokens.pop(0)
        found.append(_literal(tokens))
    if _take(tokens, "sign") != ")":
        raise BadFilter("expected )")
    return found


def _literal(tokens: list[tuple[str, str]]) -> Any:
    kind = tokens[0][0] if tokens else ""
    text = _take(tokens, "text", "number", "word")
    if kind == "number":
        return float(text) if "." in text else int(text)
    if kind == "text":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise BadFilter(f"expected a value, found {text!r}")


def _value(row: Mapping[str, Any], field: str) -> Any:
    found: Any = row
    for name in field.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return _MISSING
        found = found[name]
    return found
