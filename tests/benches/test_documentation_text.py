"""Made-up documentation is the same for a seed, and full of code."""

from __future__ import annotations

from benches.documentation_text import documentation


def test_a_seed_gives_the_same_pages() -> None:
    assert documentation(3) == documentation(3)
    assert documentation(3) != documentation(3, seed=8)


def test_pages_hold_headings_code_lists_and_tables() -> None:
    text = "\n".join(documentation(10))
    assert all(mark in text for mark in ("\n## ", "\n```", "\n~~~", "\n- **", "\n| --- |"))
