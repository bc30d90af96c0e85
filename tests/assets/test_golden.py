from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.error import QuestionsUnusable
from assets.stages.golden import parse_questions
from assets.steps.quote import holds
from data_contracts.source import Source

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = Source(name="docs", start_urls=("https://Site.test/guide/index.html",))
INBOX = Source(name="docs", inbox=True)


def test_urls_are_made_whole_and_canonical() -> None:
    text = """
- {question: 'Why so?', url: '/a/../b.html#x', quote: it is so}
- {question: 'Where?', url: 'HTTPS://site.test:443/c', quote: there}
"""
    asked = parse_questions(text.encode(), SOURCE, name="docs.questions.yaml")
    assert [question.url for question in asked] == ["https://site.test/b.html", "https://site.test/c"]
    assert parse_questions(b"# none yet\n", SOURCE, name="docs.questions.yaml") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question: Why?", "must be a list"),
        ("- Why?", "question 1 is 'Why?'. Give it the fields"),
        (
            "- {question: 'Why so?', url: /a, quote: so it is}\n- {question: 'Why so not?', url: /a}",
            "question 2: field `quote`: Field req",
        ),
        (
            "- {question: 'Why so?', url: /a, quote: so it is, page: 3}",
            "question 1 has a field `page`, which there is not",
        ),
        ("- {question: 'Why so?', url: 'mailto:me', quote: so it is}", "question 1: 'mailto:me' is no web address"),
        ("- {question: 'Why so?', url: /a, quote: so it is}\n" * 2, "'Why so?' is asked twice"),
        ("- question: Why: so?", "is not valid YAML, line 1"),
    ],
)
def test_a_mistake_is_named_by_file_entry_and_fix(text: str, said: str) -> None:
    with pytest.raises(QuestionsUnusable, match=r"^docs\.questions\.yaml: .*\.$") as error:
        parse_questions(text.encode(), SOURCE, name="docs.questions.yaml")
    assert said in str(error.value)


def test_a_path_needs_a_start_url_and_a_file_needs_utf_8() -> None:
    with pytest.raises(QuestionsUnusable, match="Write the whole URL"):
        parse_questions(b"- {question: 'Why so?', url: /a, quote: so it is}", INBOX, name="docs.questions.yaml")
    with pytest.raises(QuestionsUnusable, match="Save it as UTF-8"):
        parse_questions(b"- \xff", SOURCE, name="docs.questions.yaml")


def test_the_handbook_says_what_its_golden_questions_quote() -> None:
    """Whoever rewords the handbook rewords its questions: a quote that is gone counts as a question not answered."""
    handbook = Source(name="handbook", start_urls=("http://localhost:8000/handbook/index.html",))
    data = (PROJECT / "scrapers" / "sources" / "handbook.questions.yaml").read_bytes()
    questions = parse_questions(data, handbook, name="handbook.questions.yaml")
    assert len(questions) >= 8
    for question in questions:
        page = PROJECT / "docs" / f"{re.sub('.*/', '', question.url).removesuffix('.html')}.md"
        assert holds(page.read_text(encoding="utf-8"), question.quote), (page.name, question.quote)
