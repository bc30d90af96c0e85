"""Code blocks: the language that a page declares, and a fence that its text cannot break."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

_CLASS = re.compile(
    r"(?:^|\s)(?:language|lang|highlight-source|highlight|code|brush)[-:]\s*([A-Za-z0-9+#_.-]+)"
    r"|(?:^|\s)(?:sourceCode|src|prettyprint)\s+(?:lang-|src-)?([A-Za-z0-9+#_.-]+)"
)
_NO_LANGUAGE = frozenset(
    re.findall(
        r"\w+",
        "default none plain plaintext text txt notranslate block wrapper container box toolbar nohighlight unknown "
        "content body copy example inline line lines snippet sample area auto linenums numberlines source",
    )
)
_ALIASES = {"python3": "python", "py": "python", "ipython3": "python", "js": "javascript", "ts": "typescript"}
_LEVELS = 3  # the language may stand on the block, on its <code>, or on a wrapper this many elements up
_BACKTICKS = re.compile(r"`{3,}")
_LINE_CLASS = re.compile(r"(?:^|[\s-])line(?:$|[\s-])")
_BLANK_START = re.compile(r"\A(?:[ \t]*\n)+")


def code_language(pre: LexborNode) -> str:
    """The declared language in lower case, or an empty string."""
    code = pre.css_first("code")
    nodes = [code] if code is not None else []
    node: LexborNode | None = pre
    while node is not None and len(nodes) <= _LEVELS:
        nodes.append(node)
        node = node.parent
        if node is not None and len(node.css("pre")) > 1:
            break  # a wrapper of several blocks says nothing about one of them
    for candidate in nodes:
        language = _declared(candidate)
        if language:
            return language
    return ""


def _declared(node: LexborNode) -> str:
    attributes = node.attributes
    for name in ("data-lang", "data-language", "data-code-lang", "lang"):
        value = (attributes.get(name) or "").strip().lower()
        if value and (name != "lang" or node.tag in ("pre", "code")) and _is_language(value):
            return _ALIASES.get(value, value)
    for found in _CLASS.finditer(attributes.get("class") or ""):
        value = (found.group(1) or found.group(2)).lower().rstrip(".;")
        if _is_language(value):
            return _ALIASES.get(value, value)
    return ""


def _is_language(value: str) -> bool:
    return value not in _NO_LANGUAGE and len(value) <= 20 and re.fullmatch(r"[a-z0-9+#_.-]+", value) is not None


def code_text(pre: LexborNode) -> str:
    """The block's characters; a line break element or a line per element counts as a line end."""
    for line_break in pre.css("br"):
        line_break.replace_with("\n")
    text = pre.text()
    if "\n" not in text.strip():
        text = "\n".join(line.text().rstrip() for line in _line_elements(pre)) or text
    return text.replace("\r\n", "\n").replace("\xa0", " ").replace("\u200b", "")


def _line_elements(pre: LexborNode) -> list[LexborNode]:
    """The elements that hold a line each, where a highlighter writes lines so and no line ends between them."""
    for holder in (pre, *pre.css("code, ol")):
        lines = list(holder.iter())
        if len(lines) > 1 and all(_is_line(line) for line in lines):
            return lines
    return []


def _is_line(node: LexborNode) -> bool:
    if node.tag in ("div", "li", "code"):
        return True
    return node.tag == "span" and _LINE_CLASS.search(node.attributes.get("class") or "") is not None


def fence(text: str, language: str) -> str:
    """The text as a fenced block; the fence is longer than any run of backticks inside."""
    text = _BLANK_START.sub("", text).rstrip()
    if not text:
        return ""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"
