"""How each HTML element is written in markdown: markdownify's rules, and ours where its own need BeautifulSoup or where
they lose something (superscripts, permalinks, wide links, definition lists)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import markdownify
from selectolax.lexbor import LexborNode

Context = frozenset[str]  # names of the elements around, and `_inline` (one line only), `_noformat` (verbatim)
Rule = Callable[[LexborNode, str, Context], str]

_BLOCKS_WITHOUT_RULE: tuple[str, ...] = (
    "main",
    "header",
    "footer",
    "aside",
    "nav",
    "figure",
    "form",
    "fieldset",
    "body",
)
_BLOCKS_WITHOUT_RULE += ("legend", "center", "details", "address", "hgroup", "search", "dialog")
_RULES = frozenset(
    re.findall(r"\w+", "a b blockquote br code dd del div article section dl dt em figcaption h1 h2 h3 h4")
)
_RULES |= frozenset(re.findall(r"\w+", "h5 h6 hr i kbd li menu ol p q s samp strong summary sup tt ul"))
_RULES |= frozenset(_BLOCKS_WITHOUT_RULE)
_LINES = re.compile(r"^(.+)$", re.MULTILINE)
_LINE_MARKUP = re.compile(
    r"^([\s\ufdd0-\ufdda]*)(?:(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|~~~|=+\s*$|-{3,}\s*$)|(\d{1,9})(?=[.)](?:\s|$)))"
)
_URL_ESCAPES = {ord(character): f"%{ord(character):02X}" for character in " ()<>|`"}
_EXPONENT = re.compile(r"[-+−]?[\dn]+")
_HEADING_START = re.compile(r"^#{1,6} ", re.MULTILINE)
_BLOCK_START = re.compile(r"[\ufdd0-\ufdda]*(?:[-|>] |\d+\. |#{1,6} |```)")
_HEADING_LINE = re.compile(r"(#{1,6} )?(.*)")
_PERMALINK_CLASS = re.compile(
    r"(?:^|[\s_-])(?:header-?link|header-?anchor|heading-?anchor|anchor-?link|anchorjs-link|hash-link|permalink|"
    r"self-?link|heading-?link|direct-link)(?:[\s_-]|$)",
    re.IGNORECASE,
)
_PERMALINK_TEXT = re.compile(r"[¶#§🔗∞⚓\uf0c1\ufe0e\s]*|\[?(?:link|permalink|anchor)\]?", re.IGNORECASE)


def escape_line_start(text: str) -> str:
    """Keep text that begins like a heading, a list or a quote from becoming one."""
    return "\n".join(_escaped_line(line) for line in text.split("\n"))


def _escaped_line(line: str) -> str:
    found = _LINE_MARKUP.match(line)
    if found is None:
        return line
    end = found.end() if found[3] else found.end(1)
    return f"{line[:end]}\\{line[end:]}"


def is_permalink(node: LexborNode, context: Context) -> bool:
    """Whether a link is a heading's or a term's pointer to itself: chrome, whose id is worth keeping."""
    attributes = node.attributes
    href = attributes.get("href") or ""
    if "#" not in href and href:
        return False
    if _PERMALINK_CLASS.search(attributes.get("class") or ""):
        return True
    return "_title" in context and bool(href) and _PERMALINK_TEXT.fullmatch(node.text(strip=True)) is not None


def _indented(text: str, first: str, other: str) -> str:
    return first + _LINES.sub(lambda found: other + found[1], text)[len(other) :]


class MarkupRules(markdownify.MarkdownConverter):
    """Markdownify's `convert_*` functions on selectolax nodes. `url` is what relative links are relative to."""

    def __init__(self, url: str) -> None:
        super().__init__(heading_style="atx", bullets="-")
        self._url = url
        self._absolute: dict[str, str] = {}
        self._counters: list[int | None] = []

    def get_conv_fn(self, tag_name: str) -> Rule | None:
        """The rule for an element; none for any other name, so that no page can name a method of the converter."""
        if tag_name not in _RULES:
            return None
        found: Rule | None = super().get_conv_fn(tag_name)
        return found

    def link(self, href: str | None) -> str:
        """The absolute http, https or mail address; empty for scripts, data and what is no address."""
        reference = (href or "").strip()
        if not reference:
            return ""
        if reference not in self._absolute:
            self._absolute[reference] = self._joined(reference)
        return self._absolute[reference]

    def _joined(self, reference: str) -> str:
        try:
            address = urljoin(self._url, re.sub(r"[\t\n\r]", "", reference))
            scheme = urlsplit(address).scheme
        except ValueError:  # such as an unbalanced [ in the host
            return ""
        if scheme not in ("http", "https", "mailto", "ftp"):
            return ""
        return address.translate(_URL_ESCAPES)

    def convert_a(self, el: LexborNode, text: str, parent_tags: Context) -> str:
        if "_noformat" in parent_tags or not text.strip():
            return text
        prefix, suffix, label = markdownify.chomp(text)
        address = self.link(el.attributes.get("href"))
        if not address or "a" in parent_tags or ("_title" in parent_tags and self._is_here(address)):
            return text
        if "\n" in label.strip():
            return _linked_first_line(text, address)
        if label.replace("\\", "") == address:
            return f"{prefix}<{address}>{suffix}"
        return f"{prefix}[{label}]({address}){suffix}"

    def _is_here(self, address: str) -> bool:
        return address.partition("#")[0] == self._url.partition("#")[0]

    def convert_img(self, el: LexborNode, _text: str, parent_tags: Context) -> str:
        attributes = el.attributes
        alt = " ".join((attributes.get("alt") or "").split())
        if not alt:
            return ""
        if re.search(r"(?:^|[\s-])(?:math|tex|latex)(?:$|[\s-])", attributes.get("class") or ""):
            return f"${alt}$"
        alt = re.sub(r"([\[\]|`*\\])", r"\\\1", alt)
        address = self.link(attributes.get("src"))
        return f"![{alt}]({address})" if address and "_inline" not in parent_tags else alt

    def convert_strong(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        return self._emphasised("**", ("strong", "b", "th", "_title"), text, parent_tags)

    convert_b = convert_strong

    def convert_em(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        return self._emphasised("*", ("em", "i", "_title"), text, parent_tags)

    convert_i = convert_em

    def _emphasised(self, symbol: str, within: tuple[str, ...], text: str, parents: Context) -> str:
        if "_noformat" in parents or not text.strip() or "\n" in text or any(name in parents for name in within):
            return text
        prefix, suffix, text = markdownify.chomp(text)
        return f"{prefix}{symbol}{text}{symbol}{suffix}"

    def convert_sup(self, _el: LexborNode, text: str, _parent_tags: Context) -> str:
        return f"^{text.strip()}" if _EXPONENT.fullmatch(text.strip()) else text

    def convert_br(self, _el: LexborNode, _text: str, parent_tags: Context) -> str:
        return " " if "_inline" in parent_tags or "_noformat" in parent_tags else "  \n"

    def convert_hr(self, _el: LexborNode, _text: str, parent_tags: Context) -> str:
        return " " if "_inline" in parent_tags else "\n\n---\n\n"

    def convert_p(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        if "_inline" in parent_tags:
            return f" {text.strip()} "
        text = text.strip()
        return f"\n\n{escape_line_start(text)}\n\n" if text else ""

    def convert_summary(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        if _HEADING_START.search(text):
            return f"\n\n{text.strip()}\n\n"
        text = " ".join(text.split())
        if not text or "_inline" in parent_tags:
            return f" {text} "
        return f"\n\n**{text}**\n\n"

    def convert_dt(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        text = " ".join(text.split())
        if "_inline" in parent_tags:
            return f" {text}: "
        return f"\n\n{escape_line_start(text)}\n" if text else "\n"

    def convert_dd(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        """A one-line definition is marked by a colon; a longer one follows as it is.

        Indented, as some dialects want it, its fences and tables would turn into indented code everywhere else.
        """
        text = text.strip()
        if "_inline" in parent_tags:
            return f" {text} "
        if not text:
            return "\n"
        is_block = "\n" in text or _BLOCK_START.match(text) is not None
        return f"\n\n{text}\n\n" if is_block else f"\n: {text}\n"

    def convert_list(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        text = text.strip("\n")
        if "_inline" in parent_tags:
            return f" {text.rstrip('; ')} "
        return f"\n{text}\n" if "li" in parent_tags else f"\n\n{text}\n\n"

    convert_ul = convert_ol = convert_menu = convert_list

    def convert_li(self, _el: LexborNode, text: str, parent_tags: Context) -> str:
        text = text.strip()
        if not text:
            return ""
        if "_inline" in parent_tags:
            return f" {text};"
        bullet = "- "
        if self._counters and self._counters[-1] is not None:
            bullet = f"{self._counters[-1]}. "
            self._counters[-1] += 1
        return "\n" + _indented(text, bullet, " " * len(bullet)) + "\n"

    def convert_tt(self, el: LexborNode, text: str, parent_tags: Context) -> str:
        return str(self.convert_code(el, text, parent_tags))


def _linked_first_line(text: str, address: str) -> str:
    """A link around blocks (a card) links its first line: markdown has no link over several blocks."""
    lines = text.strip("\n").split("\n")
    found = _HEADING_LINE.fullmatch(lines[0])
    if found and found[2] and not re.search(r"[\[\]`|]", found[2]):
        lines[0] = f"{found[1] or ''}[{found[2].strip()}]({address})"
    return "\n\n" + "\n".join(lines) + "\n\n"


for _name in _BLOCKS_WITHOUT_RULE:
    if not hasattr(MarkupRules, f"convert_{_name}"):
        setattr(MarkupRules, f"convert_{_name}", markdownify.MarkdownConverter.convert_div)
