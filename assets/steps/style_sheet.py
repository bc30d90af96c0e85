"""What a page's own `<style>` elements hide: rules over classes and ids, as far as they can be told without a
browser."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assets.steps.hiding_style import declarations, hides, is_hiding_candidate, same_colour, shows, without_comments

_COMPOUND = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_DESCENDED = frozenset(("@media", "@supports", "@layer", "@container", "@scope"))
_ON_PAPER = re.compile(r"\bprint\b|\bspeech\b|max-width|prefers-|forced-colors", re.IGNORECASE)
_MOST_STEPS = 50  # ancestors that a rule's left part is looked for in
_BRACES = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True)
class _Step:
    tag: str
    names: frozenset[str]  # .class and #id

    def fits(self, node: LexborNode, names: frozenset[str]) -> bool:
        return self.names <= names and self.tag in ("", "*", node.tag)


@dataclass(slots=True)
class HidingRules:
    """Rules by a class or id of the element that they are about; `toggled` are the names that other rules show or
    scripts speak of."""

    rules: defaultdict[str, list[tuple[_Step, ...]]] = field(default_factory=lambda: defaultdict(list))
    backgrounds: dict[str, str] = field(default_factory=dict)
    toggled: frozenset[str] = frozenset()
    has_other_sheets: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.rules

    def hide(self, node: LexborNode) -> bool:
        """Whether a rule hides an element."""
        names = names_of(node)
        return any(
            steps[-1].fits(node, names) and _is_within(node, steps[:-1])
            for name in names
            for steps in self.rules.get(name, ())[:_MOST_STEPS]
        )

    def background(self, node: LexborNode) -> str:
        """The background that a rule gives an element, "" for none."""
        names = [f"<{node.tag}>", *names_of(node)] if self.backgrounds else ()
        return next((self.backgrounds[name] for name in names if name in self.backgrounds), "")

    def is_toggled(self, node: LexborNode) -> bool:
        """Whether something on the page may show an element."""
        return not self.toggled.isdisjoint(name[1:] for name in names_of(node))


def names_of(node: LexborNode) -> frozenset[str]:
    """An element's classes as `.class` and its id as `#id`."""
    attributes = node.attributes
    found = {f".{name}" for name in (attributes.get("class") or "").split()}
    return frozenset(found | {f"#{attributes['id']}"} if attributes.get("id") else found)


def hiding_rules(page: LexborHTMLParser) -> HidingRules:
    """Read the page's style elements."""
    found = HidingRules(has_other_sheets=page.css_first("link[rel~='stylesheet' i]") is not None)
    sheets = [node.text() for node in page.css("style")]
    if not any(map(is_hiding_candidate, sheets)):
        return found
    shown: set[str] = set()
    for sheet in sheets:
        for selectors, body in _rules(without_comments(sheet)):
            _read(found, shown, selectors, body)
    if found.rules:
        for script in page.css("script:not([src])"):
            shown.update(re.findall(r"[\w-]+", script.text()))
        found.toggled = frozenset(shown)
    return found


def _read(found: HidingRules, shown: set[str], selectors: str, body: str) -> None:
    declared = declarations(body)
    background = declared.get("background-color") or declared.get("background") or ""
    is_hiding = hides(declared) or same_colour(declared.get("color", ""), background or _default(found))
    is_showing = not is_hiding and shows(declared)
    for selector in selectors.split(","):
        if is_showing:
            shown.update(name[1:] for name in _NAME.findall(selector))
        steps = _steps(selector.strip())
        if not steps:
            continue
        if background:
            for name in steps[-1].names or ({f"<{steps[-1].tag}>"} if len(steps) == 1 else ()):
                found.backgrounds[name] = background
        if is_hiding and steps[-1].names:
            found.rules[min(steps[-1].names)].append(steps)


def _default(found: HidingRules) -> str:
    """What stands behind a text whose rule sets no background: the page's, as far as the page itself says."""
    own = found.backgrounds.get("<body>") or found.backgrounds.get("<html>")
    return own or ("" if found.has_other_sheets or found.backgrounds else "white")


def _steps(selector: str) -> tuple[_Step, ...]:
    """A selector as compounds with classes and ids, joined by descent; none for what it takes a browser to tell."""
    steps = []
    for part in selector.replace(">", " ").split():
        found = _COMPOUND.fullmatch(part)
        if found is None:
            return ()
        steps.append(_Step((found[1] or "").lower(), frozenset(_NAME.findall(found[2]))))
    return tuple(steps)


def _is_within(node: LexborNode, steps: tuple[_Step, ...]) -> bool:
    left = list(steps)
    around = node.parent
    for _ in range(_MOST_STEPS):
        if not left or around is None:
            break
        if left[-1].fits(around, names_of(around)):
            left.pop()
        around = around.parent
    return not left


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield (selectors, declarations) of the rules that count on a screen; each character is read at most twice."""
    at = 0
    while (brace := css.find("{", at)) >= 0:
        prelude = css[at:brace].rpartition("}")[2].rpartition(";")[2].strip()
        if prelude.startswith("@"):
            name = prelude.split("(")[0].split()[0].lower()
            is_read = name in _DESCENDED and not _ON_PAPER.search(prelude)
            at = brace + 1 if is_read else _block_end(css, brace)
            continue
        end = css.find("}", brace)
        end = len(css) if end < 0 else end
        yield prelude, css[brace + 1 : end]
        at = end


def _block_end(css: str, brace: int) -> int:
    depth = 0
    for found in _BRACES.finditer(css, brace):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.end()
    return len(css)
