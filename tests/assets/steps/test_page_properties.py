"""Whatever a page's bytes are, cleaning ends with a document that holds together, or with a named rule."""

from __future__ import annotations

import re
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from assets.steps.clean import CleanedPage, CleaningError, clean_page
from data_contracts.source import Selectors

TAGS = re.findall(
    r"\w+", "a b p div pre code ul ol li table tr td th caption dl dt dd h1 h2 nav main math br img span q"
)
ATTRIBUTES = ("id='x'", "id='y'", "class='nav'", "href='#z'", "hidden", "colspan=3", "rowspan=2", "start=7", "alt='|'")
TEXTS = st.text(alphabet="ab |`*_#->\n\t\\<&[]()$\ufdd0\ufdda\u200b1.é漢", max_size=12)
TOKENS = st.one_of(
    TEXTS,
    TEXTS.map(escape),
    st.builds("<{} {}>".format, st.sampled_from(TAGS), st.sampled_from(ATTRIBUTES)),
    st.sampled_from(TAGS).map("</{}>".format),
)
SOUP = st.lists(TOKENS, max_size=40).map("".join)


def clean(html: str) -> CleanedPage | CleaningError:
    try:
        return clean_page(html.encode(), url="https://e.example/", charset="utf-8", selectors=Selectors())
    except CleaningError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(SOUP)
def test_any_soup_of_tags_gives_a_document_or_a_reason(soup: str) -> None:
    page = clean(soup)
    if isinstance(page, CleaningError):
        assert page.rule
        assert page.reason
        return
    assert page.markdown
    assert page.markdown == page.markdown.strip("\n")
    assert not any("\ufdd0" <= character <= "\ufdef" for character in page.markdown)
    assert "broken_fence" not in page.flags
    offsets = [anchor.offset for anchor in page.anchors]
    assert offsets == sorted(offsets)
    assert all(0 <= offset <= len(page.markdown) for offset in offsets)
    assert len({anchor.id for anchor in page.anchors}) == len(page.anchors)
    assert page == clean(soup)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_reason(body: bytes) -> None:
    try:
        page = clean_page(body, url="https://e.example/", charset="latin-1", selectors=Selectors())
    except CleaningError as error:
        rule = error.rule
    else:
        rule = "" if page.markdown else "a document without text"
    assert rule in {"", "empty_page", "no_content", "not_text"}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="abc def.", min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6))
def test_paragraphs_come_out_as_they_went_in(texts: list[str]) -> None:
    page = clean("<main>" + "".join(f"<p id=p{n}>{text}</p>" for n, text in enumerate(texts)) + "</main>")
    assert isinstance(page, CleanedPage)
    assert page.markdown.split("\n\n") == [" ".join(text.split()) for text in texts]
    assert [page.markdown[anchor.offset :].split("\n")[0] for anchor in page.anchors] == page.markdown.split("\n\n")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab`~ \n|<>&*_#", min_size=1, max_size=60))
def test_code_comes_out_character_by_character(code: str) -> None:
    page = clean(f"<main><p>Code:</p><pre>x\n{escape(code)}\nx</pre></main>")
    assert isinstance(page, CleanedPage)
    fence = page.markdown.split("\n")[2]
    assert page.markdown == f"Code:\n\n{fence}\nx\n{code}\nx\n{fence}"
