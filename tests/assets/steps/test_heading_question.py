from __future__ import annotations

from assets.steps.heading_question import heading_questions

SITE = [
    ("/a", ["Guide", "Installing on Linux"]),
    ("/a", ["Guide", "2.1 Removing old versions"]),
    ("/b", ["Guide", "How do I begin?"]),
    ("/b", ["Notes"]),
    ("/c", ["Reference", "See also these"]),
    ("/d", ["Reference", "See also these"]),
]


def test_headings_become_questions_about_their_sections() -> None:
    asked = {(one.question, one.url, one.path) for one in heading_questions(SITE)}
    assert asked == {
        ("What about Installing on Linux?", "/a", ("Guide", "Installing on Linux")),
        ("What about Removing old versions?", "/a", ("Guide", "2.1 Removing old versions")),
        ("How do I begin?", "/b", ("Guide", "How do I begin?")),
    }


def test_the_same_sections_give_the_same_questions_and_a_growing_site_keeps_most() -> None:
    sections = [(f"/{number}", ["Guide", f"About thing {chr(97 + number % 26)}{number}x"]) for number in range(200)]
    few, all_of_them = heading_questions(sections[:190], limit=20), heading_questions(reversed(sections), limit=20)
    assert all_of_them == heading_questions(sections, limit=20)
    assert len(all_of_them) == 20
    assert len(set(few) & set(all_of_them)) >= 15


def test_a_page_without_headings_gives_no_question() -> None:
    assert heading_questions([("/a", []), ("/b", ["x" * 500])]) == []
