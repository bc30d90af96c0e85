"""Gates: a source that has gone bad does not go on, and one that is merely small or plain does."""

from __future__ import annotations

import os
from typing import Any

import pytest

from assets.error import GateFailed
from assets.stages.gates import GateResult, chunk_gates, document_gates, refuse_failing
from assets.stages.live import live_documents
from assets.steps.clean import extractor_version
from scrapers.crawl import crawl_source
from tests.conftest import TOPICS

pytestmark = pytest.mark.slow

SUBJECTS = ("rain", "snow", "wind", "hail", "fog", "frost", "thunder", "drought")


def said(subject: str) -> str:
    return f"Whoever looks at {subject} for long will see that {subject} is never quite the same. " * 5


def page(subject: str, text: str) -> str:
    return f"<html><head><title>{subject}</title></head><body><main><h1>{subject}</h1>{text}</main></body></html>"


def site(
    write: Any = lambda subject: f"<p>{said(subject)}</p>", subjects: tuple[str, ...] = SUBJECTS
) -> dict[str, str]:
    return {f"/{subject}": page(subject, write(subject)) for subject in subjects}


def gates(crawled: Any) -> dict[str, GateResult]:
    results = document_gates(crawled.source, crawled.lake)
    results += chunk_gates(crawled.source, crawled.lake, crawled.chunking, crawled.embedder.tokenizer_id)
    return {result.name: result for result in results}


def failing(crawled: Any) -> list[str]:
    return [name for name, result in gates(crawled).items() if not result.passed]


def test_a_sound_site_passes_every_gate(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    found = gates(crawled)
    assert failing(crawled) == []
    assert len(found) == 8
    assert all(result.value == 0 for result in found.values())


@pytest.mark.parametrize(
    ("write", "gate", "evidence"),
    [
        (lambda subject: f"<p>Soon: {subject}.</p>", "pages_have_text", "letters of text"),
        (lambda subject: f"<p>{said('rain')}</p>", "pages_differ", "says 100% of"),
        (
            lambda subject: f"<p>{said(subject) * 3}</p><p>{'dÃ©jÃ vu, cafÃ©; ' * 6}</p>",
            "characters_are_whole",
            "encoding damage",
        ),
    ],
)
def test_a_site_that_is_bad_on_every_page_fails_with_examples(
    crawled: Any, write: Any, gate: str, evidence: str
) -> None:
    crawled.crawl(site(write))
    crawled.extract()
    result = {one.name: one for one in document_gates(crawled.source, crawled.lake)}[gate]
    assert not result.passed
    assert evidence in result.examples[0].evidence
    with pytest.raises(GateFailed, match=rf"(?s)\(quality\.{result.setting}\).*https://example.test/.*raise the limit"):
        refuse_failing(crawled.source, [result])


def test_a_small_site_does_not_fail_for_its_size(crawled: Any) -> None:
    crawled.crawl(site(lambda subject: "<p>Soon.</p>", SUBJECTS[:4]))
    crawled.extract()
    assert failing(crawled) == []


def test_text_that_falls_since_the_live_release_fails_until_it_is_back(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    crawled.crawl(site(lambda subject: f"<p>All about {subject} has moved to our shop.</p>"))
    crawled.extract()
    assert "text_has_not_fallen" in failing(crawled)
    assert "letters before" in gates(crawled)["text_has_not_fallen"].examples[0].evidence
    crawled.crawl(site())
    crawled.extract()
    assert failing(crawled) == []


def test_a_fall_that_a_person_accepts_is_not_held_against_the_next_release(crawled: Any) -> None:
    crawled.crawl(site(lambda subject: f"<p>{said(subject) * 2}</p>"))
    crawled.build()
    crawled.crawl(site(lambda subject: f"<p>{said(subject)[:280]}</p>"))
    crawled.extract()
    assert failing(crawled) == ["text_has_not_fallen"]
    crawled.build()
    assert failing(crawled) == []


def test_pages_that_change_their_language_fail(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    german = "Wer {0} lange betrachtet, der sieht, dass {0} niemals ganz dasselbe ist und sich immer wieder wandelt. "
    crawled.crawl(site(lambda subject: f"<p>{german.format(subject) * 4}</p>"))
    crawled.extract()
    assert failing(crawled) == ["languages_have_stayed"]
    assert gates(crawled)["languages_have_stayed"].examples[0].evidence == "en before, de now"


def test_a_captcha_that_came_as_a_page_is_put_aside_and_the_version_before_answers(crawled: Any) -> None:
    crawled.crawl(site())
    crawled.build()
    before = crawled.store.live("example")
    captcha = '<p>Please verify that you are human.</p><div class="h-captcha"></div>'
    crawled.crawl({"/rain": page("One more step", captcha)})
    extracted, split, embedded, _ = crawled.build()
    assert (extracted.quarantined, split.added, embedded.added) == (1, 0, 0)
    assert crawled.store.live("example").release_id == before.release_id
    [example] = gates(crawled)["pages_are_what_was_asked_for"].examples
    assert example.url.endswith("/rain")
    assert "is a captcha" in example.evidence
    crawled.crawl(site())
    crawled.build()
    assert gates(crawled)["pages_are_what_was_asked_for"].pages == 0


def test_a_site_of_nothing_but_boilerplate_fails_before_it_is_published(crawled: Any) -> None:
    frame = "".join(f"<p>{said(subject)}</p>" for subject in SUBJECTS)
    crawled.crawl(site(lambda subject: f"{frame}<p>Of {subject} there is a little more to tell in {subject}.</p>"))
    crawled.extract()
    crawled.split()
    assert "pages_are_more_than_boilerplate" in failing(crawled)


def test_a_day_of_captchas_on_most_pages_is_told_and_changes_nothing(crawled: Any, small_site: Any) -> None:
    def crawl() -> None:
        crawl_source(crawled.source, crawled.lake, on_progress=crawled.told.append, environment=os.environ)

    crawled.source = small_site.source("example")
    crawl()
    crawled.build()
    before, versions = crawled.store.live("example").release_id, live_versions(crawled)
    captcha = page("Just a moment...", '<p id="challenge-error-text">Enable JavaScript and cookies to continue</p>')
    for topic in TOPICS[:5]:
        small_site.pages[f"/{topic}.html"] = captcha
    crawl()
    extracted = crawled.extract()
    assert (extracted.added, extracted.quarantined) == (0, 0)
    assert live_versions(crawled) == versions
    result = gates(crawled)["pages_are_what_was_asked_for"]
    assert not result.passed
    assert (result.pages, result.value) == (5, 5 / 7)
    assert result.examples[0].evidence.startswith("challenge: the answer is a Cloudflare challenge")
    crawled.build()
    assert crawled.store.live("example").release_id == before


def live_versions(crawled: Any) -> list[str]:
    version = extractor_version(crawled.source.selectors)
    return sorted(live_documents(crawled.lake, "example", version).collect()["page_version_id"])
