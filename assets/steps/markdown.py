"""HTML subtree -> markdown: markdownify's rules, walked over selectolax's tree.

Markdownify spends most of its time on building a BeautifulSoup tree and on looking up parents in it; here its
conversion functions get the nodes that are parsed already, and the names of the elements around them.
"""

from __future__ import annotations

import re
from itertools import chain

from selectolax.lexbor import LexborNode

from assets.steps.anchor_mark import mark
from assets.steps.code_block import code_language, code_text, fence
from assets.steps.formula import around_formulas, has_formula, mathml_text
from assets.steps.markup import Context, MarkupRules, escape_line_start, is_permalink
from assets.steps.table import Cell, is_layout, pipe_table, span, table_rows

_DEEPEST = 150  # levels of elements; what lies deeper is kept as plain text
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
        "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol p pre search section "
        "summary table tbody td tfoot th thead tr ul xmp",
    )
)
_TITLES = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary", "caption"))
_ONE_LINE = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "td", "th"))
_VERBATIM = frozenset(("code", "kbd", "samp", "tt"))
_IN_BLOCKS = "pre,p,div,ul,ol,dl,table,blockquote,h1,h2,h3,h4,h5,h6,hr"
_TABLE_PARTS = frozenset(("tbody", "thead", "tfoot", "tr"))
_PREFORMATTED = frozenset(("pre", "listing", "xmp"))
_NO_CONTEXT: Context = frozenset()
_SPACE = re.compile(r"[ \t\r\n\f\xa0\u2028\u2029]+")
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f\x00-\x08\x0b\x0e-\x1f]"
)
_SPECIAL = re.compile(r"[`*\\_<\]]")
_ESCAPED = re.compile(r"[`*\\]|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|<(?=[A-Za-z/!?])|\](?=\()")
_FENCE_LINE = re.compile(r"^[ >]*(?:(?:[-*+]|\d+[.)]) +)*[\ufdd0-\ufdda]*(`{3,})(.*)$")


class PageConverter(MarkupRules):
    """Converts one subtree; `ids` are the HTML ids met, in the order of their marks in the text."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._contexts: dict[tuple[Context, str], Context] = {}
        self._depth = 0
        self._pending: list[str] = []
        self._known_ids: set[str] = set()
        self.ids: list[str] = []
        self.fences = 0
        self.is_too_deep = False

    def markdown(self, node: LexborNode) -> str:
        """The subtree's markdown, with anchor marks in it."""
        while node.tag in _TABLE_PARTS and node.parent is not None:
            node = node.parent
        is_cell = node.tag in ("td", "th")  # of a table that places the page's parts
        text = self._block(node, _NO_CONTEXT) if is_cell else self.process_tag(node, _NO_CONTEXT)
        return tidied(text) + self._marks()

    def process_tag(self, node: LexborNode, parent_tags: Context) -> str:
        tag = node.tag or ""
        self._note_id(node, tag)
        if tag in _PREFORMATTED:
            return self._preformatted(node, parent_tags)
        if tag == "table":
            return self._table(node, parent_tags)
        if tag == "a" and is_permalink(node, parent_tags):
            for inner in node.css("[id]"):
                self._note_id(inner, inner.tag or "")
            return ""
        if tag == "img":
            image = self.convert_img(node, "", parent_tags)
            return self._marks() + image if image else ""
        if tag in _VERBATIM and node.css_first(_IN_BLOCKS) is not None:
            tag = "div"  # <code> around blocks is no code span
        if tag == "math":
            formula = mathml_text(node)
            return self._marks() + formula if formula else ""
        if tag == "ol" or tag == "ul":
            self._counters.append(_first_number(node) if tag == "ol" else None)
        text = self._children(node, tag, self._context(parent_tags, tag))
        if tag == "ol" or tag == "ul":
            self._counters.pop()
        rule = self.get_conv_fn_cached(tag)
        return text if rule is None else str(rule(node, text, parent_tags))

    def _children(self, node: LexborNode, tag: str, context: Context) -> str:
        if self._depth >= _DEEPEST:
            self.is_too_deep = True
            return self._text(node.text(separator=" ").strip(), context)
        self._depth += 1
        children = [child for child in node.iter(include_text=True) if not child.is_comment_node]
        is_block = tag in _BLOCKS
        last = len(children) - 1
        parts: list[str] = []
        before_block = is_block
        for number, child in enumerate(children):
            if child.is_text_node:
                after_block = is_block if number == last else (children[number + 1].tag in _BLOCKS)
                part = self._text(child.text_content or "", context, before_block, after_block, is_block)
                before_block = False
            else:
                part = self.process_tag(child, context)
                before_block = child.tag in _BLOCKS
            if part:
                _append(parts, part)
        self._depth -= 1
        return "".join(parts)

    def _context(self, parents: Context, tag: str) -> Context:
        known = self._contexts.get((parents, tag))
        if known is None:
            marks = [("_inline", _ONE_LINE), ("_title", _TITLES), ("_noformat", _VERBATIM)]
            known = parents | {tag} | {name for name, tags in marks if tag in tags}
            self._contexts[parents, tag] = known
        return known

    def _note_id(self, node: LexborNode, tag: str) -> None:
        name = node.id
        if not name and tag == "a":
            name = node.attributes.get("name")
        if name and name not in self._known_ids and len(name) <= 500:
            self._known_ids.add(name)
            self._pending.append(name)

    def _marks(self) -> str:
        if not self._pending:
            return ""
        first = len(self.ids)
        self.ids += self._pending
        self._pending.clear()
        return "".join(mark(number) for number in range(first, len(self.ids)))

    def _text(
        self, text: str, context: Context, before_block: bool = False, after_block: bool = False, in_block: bool = False
    ) -> str:
        text = _SPACE.sub(" ", text if text.isascii() else _INVISIBLE.sub("", text))
        if before_block:
            text = text.lstrip(" ")
        if after_block:
            text = text.rstrip(" ")
        if not text or text == " ":
            return text
        if "_noformat" not in context:
            if _SPECIAL.search(text) or "$$" in text:
                text = around_formulas(text, _escaped) if has_formula(text) else _escaped(text)
            if before_block and in_block and "_inline" not in context and "p" not in context:
                text = escape_line_start(text)
        if self._pending:
            text = f" {self._marks()}{text[1:]}" if text[0] == " " else self._marks() + text
        return text

    def _preformatted(self, node: LexborNode, parents: Context) -> str:
        text = code_text(node)
        if "_inline" in parents:
            text = _SPACE.sub(" ", text).strip()
            return self._marks() + str(self.convert_code(node, text, parents)) if text else ""
        block = fence(text, code_language(node))
        if not block:
            return ""
        self.fences += 1
        return f"\n\n{self._marks()}{block}\n\n"

    def _table(self, node: LexborNode, parents: Context) -> str:
        rows = table_rows(node)
        if "_inline" in parents:
            cells = (self._cell(cell, parents) for _, row in rows for cell in row)
            return " " + "; ".join(text for text in cells if text) + " "
        if is_layout(node, rows):
            blocks = (self._block(cell, parents) for cell in chain(_captions(node), *(row for _, row in rows)))
            return "\n\n" + "\n\n".join(block for block in blocks if block) + "\n\n"
        caption = " ".join(self._cell(node, parents) for node in _captions(node))
        cells_of = [[self._table_cell(cell, parents) for cell in row] for _, row in rows]
        return f"\n\n{pipe_table(caption, [section for section, _ in rows], cells_of)}\n\n"

    def _block(self, node: LexborNode, parents: Context) -> str:
        self._note_id(node, "div")
        return self._children(node, "div", self._context(parents, "div")).strip()

    def _cell(self, node: LexborNode, parents: Context) -> str:
        self._note_id(node, node.tag or "")
        return _SPACE.sub(" ", self._children(node, "td", self._context(parents, "td"))).strip(" ;")

    def _table_cell(self, node: LexborNode, parents: Context) -> Cell:
        if node.prev is None and node.parent is not None:
            self._note_id(node.parent, "tr")
        text = re.sub(r"(?<!\\)\|", r"\\|", self._cell(node, parents))
        return Cell(text, node.tag == "th", span(node, "colspan"), span(node, "rowspan"))


def _escaped(text: str) -> str:
    return _ESCAPED.sub(r"\\\g<0>", text)


def _first_number(ordered_list: LexborNode) -> int:
    start = ordered_list.attributes.get("start") or ""
    return int(start[:9]) if start.isascii() and start.isdigit() else 1


def _captions(table: LexborNode) -> list[LexborNode]:
    return [child for child in table.iter() if child.tag == "caption"]


def _append(parts: list[str], part: str) -> None:
    """Add a part; of the line ends where two parts meet the longer run stays, at most one blank line."""
    if part[0] == "\n" and parts:
        before = parts[-1]
        kept = before.rstrip("\n")
        ends = len(before) - len(kept)
        content = part.lstrip("\n")
        wanted = min(2, max(ends, len(part) - len(content)))
        parts[-1] = kept + "\n" * wanted
        part = content
    if part:
        parts.append(part)


def tidied(text: str) -> str:
    """Without blank line runs and trailing spaces (a hard break's two stay), fenced code untouched."""
    lines: list[str] = []
    fence_end = ""
    for line in _INVISIBLE.sub("", text).split("\n"):
        if fence_end:
            lines.append(line)
            if line.strip(" >") == fence_end:
                fence_end = ""
            continue
        found = _FENCE_LINE.match(line)
        if found:
            fence_end = found[1]
        stripped = line.rstrip()
        if stripped or (lines and lines[-1]):
            lines.append(stripped + "  " if stripped and line.endswith("  ") else stripped)
    return "\n".join(lines).strip("\n").rstrip()
