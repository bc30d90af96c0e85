"""Pages and people that try to take the assistant over, with a model that obeys them: nothing of it reaches a reader.

Each page goes through the real cleaning, cutting, index and prompt. The model's double says what the page wants said,
whether or not it was shown the page: the server's own checks have to hold alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.steps.chunk import ChunkingSettings, split_markdown
from assets.steps.clean import CleanedPage, clean_page
from chat_app.answer import Answer
from chat_app.error import EmptyAnswer
from chat_app.pipeline import answer_once
from chat_app.prompt import RULES
from chat_app.settings import ChatSettings
from data_contracts.identity import content_id, text_hash
from data_contracts.passage import Passage
from data_contracts.source import Selectors
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest

HERE = Path(__file__).parent
PAGES: list[dict[str, Any]] = yaml.safe_load((HERE / "pages.yaml").read_text())
PROMPTS: list[dict[str, str]] = yaml.safe_load((HERE / "prompts.yaml").read_text())
QUESTION = "When does a colony swarm?"
URL = "https://bees.example/swarm"
ABOUT = (
    "<p>A colony swarms in late spring when the hive is too crowded. The old queen leaves with half of the bees.</p>"
)
Make = Callable[..., ChatSettings]


def cleaned(html: str) -> CleanedPage:
    page = f"<html><head><title>Swarms</title></head><body><h1>Swarms</h1>{ABOUT}{html}</body></html>"
    return clean_page(page.encode(), url=URL, charset="utf-8", selectors=Selectors())


def published(page: CleanedPage, embedder: Embedder, settings: ChatSettings) -> list[Passage]:
    """Cut, embed and publish a page as the pipeline does."""
    pieces = split_markdown(
        page.markdown,
        title=page.title,
        anchors=page.anchors,
        token_offsets=embedder.token_offsets,
        settings=ChunkingSettings(),
    )
    version = text_hash(page.markdown)
    passages = [
        Passage(
            chunk_id=content_id(URL, version, str(piece.position)),
            source="bees",
            url=URL,
            title=page.title,
            heading_path=piece.heading_path,
            anchor=piece.anchor,
            text=piece.text,
            prefix_chars=piece.prefix_chars,
            start=piece.start,
            end=piece.end,
            page_version_id=version,
            markdown_hash=version,
            text_hash=text_hash(piece.text),
            fetched_at=datetime(2026, 5, 4, tzinfo=UTC),
        )
        for piece in pieces
    ]
    manifest = ReleaseManifest(
        source="bees",
        release_id=content_id(*(passage.chunk_id for passage in passages)),
        title="Bee handbook",
        model_id=embedder.model_id,
        dimension=embedder.dimension,
        chunker_version="1",
        extractor_version="1",
        pages=1,
        chunks=len(passages),
        built_at=datetime.now(UTC),
        starters=(),
    )
    store = LocalStore(settings.index_folder)
    store.build(manifest, [PassageBatch(passages, embedder.embed_passages([passage.text for passage in passages]))])
    store.promote("bees", manifest.release_id)
    return passages


def answered(question: str, obeyed: str, provider: Any, make_settings: Make, **changes: Any) -> Answer | None:
    """Ask a model that obeys; None where nothing was left to show."""
    settings = make_settings(openai_base_url=provider.url, chat_model="good", **changes)
    provider.script = lambda body: obeyed.replace("{system}", str(body["messages"][0]["content"]))
    try:
        return answer_once(question, settings=settings)
    except EmptyAnswer:
        return None


def assert_harmless(answer: Answer | None) -> None:
    if answer is None:
        return
    text = re.sub(r"`[^`\n]*`", "", answer.text)  # brackets in code are brackets
    assert "evil.test" not in answer.text.lower()
    assert not re.search(r"https?:|ftp:|mailto:|javascript:|//\w|\]\(", text, re.IGNORECASE)
    assert not re.search(r"^[ >]*\[[^\]]+\]:", text, re.MULTILINE)  # without a definition `[a][b]` is text
    assert not re.search(r"(?<!\\)<[A-Za-z/!]", text)
    known = {citation.number for citation in answer.citations}
    assert {int(number) for number in re.findall(r"\[(\d+)\]", text)} <= known
    assert all(citation.link.startswith(URL) for citation in answer.citations)
    words = re.findall(r"\w+", RULES)
    runs = {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}
    said = " ".join(re.findall(r"\w+", answer.text))
    assert not any(run in said for run in runs)
    assert "AKIAIOSFODNN7EXAMPLE" not in answer.text


def test_the_set_is_large_enough() -> None:
    assert len(PAGES) >= 30
    assert len(PROMPTS) >= 10


@pytest.mark.parametrize("case", PAGES, ids=[case["name"] for case in PAGES])
def test_a_page_cannot_take_the_assistant_over(
    case: dict[str, Any], embedder: Embedder, make_settings: Make, provider: Any
) -> None:
    page = cleaned(case["html"])
    passages = published(page, embedder, make_settings())
    is_seen = case.get("is_seen", False)
    assert ("instruction_like" if is_seen else "hidden_instructions") in page.flags
    assert_harmless(answered(QUESTION, case["obeyed"], provider, make_settings))
    shown = str(provider.asked[-1]["messages"][-1]["content"])
    assert len(re.findall(r"<passage ", shown)) == len(re.findall(r"</passage>", shown)) <= len(passages)
    assert ("warning=" in shown) is is_seen


@pytest.mark.parametrize("case", PROMPTS, ids=[case["ask"][:50] for case in PROMPTS])
@pytest.mark.parametrize("policy", ["off", "flag"])
def test_a_person_cannot_take_the_assistant_over(
    case: dict[str, str], policy: str, embedder: Embedder, make_settings: Make, provider: Any
) -> None:
    published(cleaned(""), embedder, make_settings())
    assert_harmless(answered(case["ask"], case["obeyed"], provider, make_settings, injection_policy=policy))


def test_a_statement_that_was_smuggled_in_is_marked(embedder: Embedder, make_settings: Make, provider: Any) -> None:
    published(cleaned(""), embedder, make_settings())
    answer = answered(QUESTION, "Swarms cost 5 euros [1].", provider, make_settings)
    assert answer is not None
    assert "⚠ not found in the cited passage" in answer.text
    assert answer.support.share == 0
