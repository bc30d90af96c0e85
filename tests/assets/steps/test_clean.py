"""Whole pages: what a reader sees comes out, in order, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assets.steps.clean import CleanedPage, CleaningError, clean_page, extractor_version
from data_contracts.source import Selectors

URL = "https://harbour.example/manual/sails.html"
PAGES = Path(__file__).parent / "pages"
FILLER = "Ropes are coiled clockwise and hung up dry, so that they run free when they are needed. " * 5


def clean(html: str | bytes, selectors: Selectors | None = None, charset: str = "utf-8") -> CleanedPage:
    body = html.encode(charset) if isinstance(html, str) else html
    return clean_page(body, url=URL, charset=charset, selectors=selectors or Selectors())


def test_a_manual_page_becomes_the_markdown_that_a_person_would_write() -> None:
    page = clean((PAGES / "manual.html").read_bytes())
    assert page.markdown == (PAGES / "manual.md").read_text().rstrip("\n")
    assert (page.title, page.language, page.flags) == ("Trimming the sails", "en", ())


def test_every_anchor_of_the_manual_page_points_to_what_it_names() -> None:
    page = clean((PAGES / "manual.html").read_bytes())
    begins = {anchor.id: page.markdown[anchor.offset :].split("\n")[0] for anchor in page.anchors}
    assert begins == {
        "content": "# Trimming the sails",
        "trimming": "# Trimming the sails",
        "index-0": "# Trimming the sails",
        "harbour.reef": "`reef`(sail)",
        "harbour.hoist": "`hoist`(sail)",
        "winds": "## Winds",
        "force-1": "| light | 1 | ripples |",
    }


def test_an_anchor_within_a_paragraph_has_its_exact_offset() -> None:
    page = clean(f"<p>{FILLER}</p><p>Tie <a id='knot'></a>the knot, and <b id=again>again</b>.</p>")
    offsets = {anchor.id: anchor.offset for anchor in page.anchors}
    assert page.markdown[offsets["knot"] :].startswith("the knot")
    assert page.markdown[offsets["again"] :].startswith("again**.")


def test_a_page_cannot_forge_an_anchor() -> None:
    forged = "\ufdd0\ufdda &#xFDD0;&#64986; &#xfdd0&#x00FDDa"
    page = clean(f"<p id='true'>{forged} {FILLER}</p><img alt='{forged}' src='/x.png'><pre>{forged}</pre>")
    assert [anchor.id for anchor in page.anchors] == ["true"]
    assert not any("\ufdd0" <= character <= "\ufdef" for character in page.markdown)


def test_chrome_around_the_content_is_left_out() -> None:
    chrome = "<nav><a href=/>Home</a></nav><div class='cookie-consent'>We use cookies</div>"
    end = "<aside class='related-posts'>Read next</aside><div class='share'>Tweet</div><footer>Imprint</footer>"
    page = clean(f"{chrome}<div><h1>Ropes</h1><p>{FILLER}</p></div>{end}")
    assert page.markdown == f"# Ropes\n\n{FILLER.strip()}"


def test_a_section_about_sharing_is_content() -> None:
    page = clean(f"<main><h1>Boats</h1><section id='sharing'><h2>Sharing</h2><p>{FILLER}</p></section></main>")
    assert "## Sharing" in page.markdown


def test_a_small_article_card_is_not_taken_for_the_page() -> None:
    page = clean(f"<article><p>A teaser.</p></article><div><h1>Ropes</h1><p>{FILLER * 3}</p></div>")
    assert FILLER.strip() in page.markdown


def test_a_page_laid_out_by_tables_keeps_its_blocks() -> None:
    menu = "<td><ul><li><a href=/a>Home</a><li><a href=/b>Shop</a></ul></td>"
    page = clean(f"<table><tr>{menu}<td><h1>Ropes</h1><p>{FILLER}</p><pre>a\nb</pre></td></tr></table>")
    assert page.markdown == f"# Ropes\n\n{FILLER.strip()}\n\n```\na\nb\n```"


def test_a_page_of_nothing_but_links_keeps_them_and_says_so() -> None:
    links = "".join(f"<li><a href='/{n}'>The long name of chapter number {n}</a></li>" for n in range(20))
    page = clean(f"<nav><ul>{links}</ul></nav>")
    assert "[The long name of chapter number 7](https://harbour.example/7)" in page.markdown
    assert "link_heavy" in page.flags


def test_what_the_server_streamed_late_stands_where_the_browser_puts_it() -> None:
    late = "<div hidden id='S:0'><p>The late part.</p></div>"
    page = clean(f"<main><h1>Ropes</h1><p>{FILLER}</p><template id='B:0'></template><p>The end.</p></main>{late}")
    assert page.markdown.endswith("The late part.\n\nThe end.")


def test_the_page_for_readers_without_scripts_is_read_when_there_is_no_other() -> None:
    page = clean(f"<body>Loading<noscript><h1>Ropes</h1><p>{FILLER}</p></noscript></body>")
    assert FILLER.strip() in page.markdown
    assert "twice" not in clean(f"<p>{FILLER}</p><noscript><p>twice</p></noscript>").markdown


def test_hidden_tab_panels_stay_because_a_click_shows_them() -> None:
    page = clean(f"<p>{FILLER}</p><div role=tabpanel hidden><pre>apt install rope</pre></div>")
    assert "```\napt install rope\n```" in page.markdown


def test_selectors_name_the_content_what_to_drop_and_where_the_page_is_from() -> None:
    selectors = Selectors(main="#a", drop=(".ad",), source_text=".from", source_link=".from a")
    html = (
        "<div class=from>By  <a href='/law'>the office</a></div>"
        "<div id=a><nav>kept, for it was chosen</nav><p class=ad>Buy!</p><p>Text.</p></div><p>Other.</p>"
    )
    page = clean(html, selectors)
    assert page.markdown == "kept, for it was chosen\n\nText."
    assert (page.source_text, page.source_link) == ("By the office", "https://harbour.example/law")


def test_a_main_selector_that_finds_nothing_is_flagged() -> None:
    assert "selector_missed" in clean(f"<p>{FILLER}</p>", Selectors(main="#none")).flags


@pytest.mark.parametrize("field", ["main", "source_text", "source_link"])
def test_an_invalid_selector_is_quoted(field: str) -> None:
    with pytest.raises(CleaningError, match=r"'p\[' is not a CSS selector") as raised:
        clean("<p>Text.</p>", Selectors(**{field: "p["}))
    assert raised.value.rule == "invalid_selector"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "empty_page"),
        (b"\xef\xbb\xbf \n", "empty_page"),
        (b"<script>var x</script>", "no_content"),
        (b"<html></html>", "no_content"),
        (b"PK\x03\x04" + bytes(range(256)) * 20, "not_text"),
        (b"<div>" * 100_000, "too_deep"),
    ],
)
def test_a_page_without_a_document_names_the_rule_it_breaks(body: bytes, rule: str) -> None:
    with pytest.raises(CleaningError) as raised:
        clean(body)
    assert raised.value.rule == rule


def test_an_unknown_charset_is_named() -> None:
    with pytest.raises(CleaningError, match="x-klingon"):
        clean_page(b"<p>nuqneH</p>", url=URL, charset="x-klingon", selectors=Selectors())


def test_text_nested_deeper_than_any_author_would_is_kept_and_flagged() -> None:
    page = clean("<main>" + "<div>" * 2_000 + f"<p>{FILLER}</p>" + "</div>" * 2_000)
    assert FILLER.strip() in page.markdown
    assert "deep_nesting" in page.flags


def test_quality_flags_tell_thin_and_damaged_pages() -> None:
    assert clean("<p>Soon.</p>").flags == ("little_text", "no_title")
    assert "encoding_damage" in clean("<p>" + "dÃ©jÃ\xa0 vu, cafÃ©; " * 5 + FILLER * 4 + "</p>").flags
    assert "broken_table" not in clean(f"<table><tr><th>a<th>b<tr><td>1<tr><td>1<td>2</table>{FILLER}").flags


def test_a_page_whose_characters_are_lost_has_no_document() -> None:
    with pytest.raises(CleaningError, match="damaged_page: 60 characters are damaged"):
        clean("<p>" + "dÃ©jÃ\xa0 vu, cafÃ©; " * 30 + "</p>")


def test_a_declared_charset_is_decoded() -> None:
    assert "항구" in clean(f"<p>항구 {FILLER}</p>", charset="euc-kr").markdown


def test_the_extractor_version_changes_with_the_selectors_only() -> None:
    assert extractor_version(Selectors()) == extractor_version(Selectors())
    assert extractor_version(Selectors()) != extractor_version(Selectors(drop=(".ad",)))


@pytest.mark.slow
def test_other_processes_clean_to_the_same_bytes() -> None:
    program = (
        "import sys; from pathlib import Path; from assets.steps.clean import clean_page;"
        "from data_contracts.source import Selectors;"
        "print(ascii(clean_page(Path(sys.argv[1]).read_bytes(), url=sys.argv[2], charset='utf-8',"
        "selectors=Selectors())))"
    )
    command = [sys.executable, "-c", program, str(PAGES / "manual.html"), URL]
    runs = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert runs == {ascii(clean((PAGES / "manual.html").read_bytes())) + "\n"}


@pytest.mark.slow
def test_a_ten_megabyte_page_ends_in_bounded_time() -> None:
    rows = "".join(f"<tr><td>{n}</td><td>rope {n} is coiled</td></tr>" for n in range(60_000))
    text = "".join(f"<h2 id=h{n}>Rope {n}</h2><p>{FILLER}</p>" for n in range(14_000))
    page = clean(f"<main><h1>Ropes</h1>{text}<table>{rows}</table></main>")
    assert len(page.anchors) == 14_000
    assert "| 59999 | rope 59999 is coiled |" in page.markdown
