"""The quality gates by name, with what is true when each passes: known before anything is measured."""

from __future__ import annotations

from collections.abc import Mapping

DOCUMENT_GATES: Mapping[str, str] = {
    "pages_have_text": "Few pages have little text (quality.max_little_text).",
    "text_has_not_fallen": "Pages say about as much as in the live release (quality.max_text_fall).",
    "pages_are_what_was_asked_for": "Few pages are captchas, errors or soft 404s (quality.max_false_pages).",
    "pages_differ": "Few pages say the same as another (quality.max_duplicates).",
    "languages_have_stayed": "Few pages changed their language since the live release (quality.max_language_shift).",
    "characters_are_whole": "Few pages have damaged characters (quality.max_damaged).",
    "markdown_is_whole": "Few pages have broken fences or tables (quality.max_broken_markdown).",
}
CHUNK_GATES: Mapping[str, str] = {
    "pages_are_more_than_boilerplate": "Not most of the text recurs on many pages (quality.max_boilerplate)."
}
