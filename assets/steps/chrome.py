"""What stands around the content: navigation, sharing, consent, adverts. Told by role and by what authors call it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from selectolax.lexbor import LexborNode

_CANDIDATES = "nav,footer,header,aside,form,button,input,select,textarea,[role],[class],[id]"
_FIELDS = (
    "textarea,input[type='email'],input[type='text'],input[type='tel'],input[type='password'],input[type='search']"
)
_LONGEST_FORM = 800  # characters; a longer one is a page inside a form, as some servers write all of theirs
_PAGERS = "a[rel~='prev'],a[rel~='next'],a[rel~='up'],a[accesskey]"
_NEVER_PAGER = frozenset(("html", "body", "main", "article", "h1", "h2", "h3", "li", "p"))
_HEADINGS = "h1,h2,h3,h4,h5,h6,pre,p,img"
_FEWEST_BUTTONS = 3
_LABELS = 40  # characters, such as "Next: , Previous: , Up: "
_LANDMARKS = "main,[role='main']"
_ROLES = frozenset(
    ("navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar", "toolbar", "dialog")
)
_TAGS = frozenset(("nav", "footer", "input", "select", "textarea"))
_NEVER = frozenset(
    ("html", "body", "main", "article", "pre", "code", "h1", "td", "th", "tr", "tbody", "table", "dt", "dd")
)
_TITLES = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"))
# Where an id alone says nothing: a section may be about sharing, and its id says so.
_BY_CLASS_ONLY = frozenset(("h2", "h3", "h4", "h5", "h6", "p", "section", "li", "span", "a", "div"))


def _names(*words: str) -> re.Pattern[str]:
    """Matches one of the words (parts of a class or an id that stand between hyphens, underscores or spaces)."""
    return re.compile(r"(?:^|[\s_-])(?:" + "|".join(words) + r")(?:[\s_-]|$)", re.IGNORECASE)


# Chrome, however much it says.
_SURE = _names(
    r"side-?(?:bar|nav|menu)s?|bread-?crumbs?|mega-?menu|off-?canvas|drawer|on-?this-?page|page-?toc|doc-?toc|table-?of-?contents",
    r"(?:site|page|global|main|app)-?(?:header|footer|nav|banner)|footer|nav-?(?:header|footer)|masthead|top-?bar|navbar|navigation|newsletter",
    r"skip-?(?:link|nav|to-content|to-main)s?|back-?to-?top|share|sharing|shares|social|sharedaddy|addtoany|follow-?us",
    r"related(?:-?(?:posts|articles|content|products|topics|items|links|stories))?|recommend(?:ed|ations?)|up-?next",
    r"cookies?|consent|gdpr|onetrust|popups?|modal|lightbox|ads?|advert(?:s|isements?|ising)?|sponsor(?:ed|s)?|pagination|pager",
    r"prev-?next|next-?prev|comment-?form|respond|author-?(?:box|bio|card)|about-?author|linenos?|line-?numbers?(?:-rows)?",
    r"visually-?hidden|sr-?only|screen-?reader(?:-?text)?|no-?print|noprint|copybtn|clipboard|suggested|also-?like",
)
# Chrome, if it says little or is mostly links.
_LIKELY = _names(
    r"nav|subnav|menu|toc|header-?links|banner|overlay|toast|popover|subscri(?:be|ption)|sign-?up|promo(?:s|tions?)?|cta",
    r"edit-?(?:this-?)?(?:page|link|on-?github)|github-?edit|improve-?this-?page|last-?(?:updated|modified)|feedback|helpful",
    r"rating-?widget|print-?(?:link|button)|copy-?(?:button|btn|code)|login|log-?in|sign-?in|search-?(?:box|bar|form)|searchbox",
    r"post-?(?:meta|tags|nav)|entry-?(?:meta|footer)|article-?(?:meta|tags)|tag-?(?:list|cloud)|tags|byline|read-?more|more-?from",
    r"(?:language|lang|version|theme)-?(?:selector|switcher|picker|toggle|select)|gutter|toolbar|actions|buttons?|paginate|meta",
)
_GUTTER = _names("linenos?", "line-?numbers?", "gutter")
_LAYOUT = re.compile(r"(?:^|\s)(?:has|with|no|without|is|js|page|layout|hide|show|wp|el)-\S*", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LITTLE = 200  # characters
_MOSTLY_LINKS = 0.4
_LARGEST_SHARE = 0.5


def drop_chrome(root: LexborNode) -> None:
    """Remove chrome, but never what holds a landmark of the content or half of the text."""
    limit = max(_LITTLE, _LARGEST_SHARE * prose_length(root))
    kept = {root.mem_id} | {around for landmark in root.css(_LANDMARKS) for around in _around(landmark)}
    found: dict[int, LexborNode] = {}
    for node in root.css(_CANDIDATES):
        key = node.mem_id
        if key not in found and key not in kept and is_chrome(node):
            found[key] = node
    for pager in chain(map(_pager, root.css(_PAGERS)), filter(_is_link_row, root.css("table"))):
        if pager.mem_id not in kept:
            found[pager.mem_id] = pager
    chosen = outermost(node for node in found.values() if len(node.text()) <= limit or prose_length(node) <= limit)
    if sum(text_length(node) for node in chosen) < text_length(root):  # a page of nothing but links says those
        drop_all(chosen)


def _pager(link: LexborNode) -> LexborNode:
    """The largest element around a link to the next or previous page that says nothing else."""
    node = link
    while node.parent is not None and node.parent.tag not in _NEVER_PAGER:
        parent = node.parent
        if prose_length(parent) > _LABELS or parent.css_first(_HEADINGS) is not None:
            break
        node = parent
    return node


def _is_link_row(table: LexborNode) -> bool:
    """Whether a table is one row of links and punctuation, as texinfo and its kin write their buttons."""
    links = table.css("a")
    if len(links) < _FEWEST_BUTTONS or len(table.css("tr")) != 1:
        return False
    said = sum(map(str.isalnum, table.text()))
    return said == sum(sum(map(str.isalnum, link.text())) for link in links)


def _around(node: LexborNode) -> Iterator[int]:
    parent: LexborNode | None = node
    while parent is not None:
        yield parent.mem_id
        parent = parent.parent


def text_length(node: LexborNode) -> int:
    """Characters of text without white space: page sources are indented, some by more than they say."""
    text = node.text()
    return len(text) - text.count(" ") - text.count("\n") - text.count("\t")


def prose_length(node: LexborNode) -> int:
    """Text outside links: what tells content from lists of links."""
    return text_length(node) - link_length(node)


def link_length(node: LexborNode) -> int:
    """Text of links."""
    return sum(text_length(link) for link in node.css("a"))


def drop_all(nodes: Iterable[LexborNode]) -> None:
    """Remove nodes of which some may lie in others: a removed node's descendants are gone and must not be touched."""
    for node in outermost(nodes):
        node.decompose()


def outermost(nodes: Iterable[LexborNode]) -> list[LexborNode]:
    """Each node once, without those that lie in another one of them."""
    chosen = {node.mem_id: node for node in nodes}
    return [node for node in chosen.values() if not lies_within(node, chosen)]


def lies_within(node: LexborNode, chosen: Mapping[int, LexborNode]) -> bool:
    """Whether one of the chosen nodes (by memory address) is around this one."""
    return node.parent is not None and any(around in chosen for around in _around(node.parent))


def is_chrome(node: LexborNode) -> bool:
    """Whether an element says of itself that it is chrome."""
    tag = node.tag or ""
    if tag in _NEVER:
        return tag == "td" and _GUTTER.search(node.attributes.get("class") or "") is not None
    if tag in _TAGS:
        return True
    if tag == "form" and node.css_first(_FIELDS) is not None and text_length(node) <= _LONGEST_FORM:
        return True
    if tag == "button":
        return node.parent is None or node.parent.tag not in _TITLES
    attributes = node.attributes
    if (attributes.get("role") or "") in _ROLES:
        return True
    names = attributes.get("class") or ""
    if tag not in _BY_CLASS_ONLY:
        names += f" {attributes.get('id') or ''}"
    kind = _kind(names)
    return kind == "sure" or (kind == "likely" and _says_little(node))


@lru_cache(maxsize=20_000)
def _kind(names: str) -> str:
    names = _CAMEL.sub("-", _LAYOUT.sub(" ", names))
    if _SURE.search(names):
        return "sure"
    return "likely" if _LIKELY.search(names) else ""


def _says_little(node: LexborNode) -> bool:
    length = text_length(node)
    return length <= _LITTLE or link_length(node) > _MOSTLY_LINKS * length
