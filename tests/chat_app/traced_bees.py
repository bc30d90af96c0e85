"""A home with a published source, whose pages try all that a hostile website might, and answers that are kept there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from chat_app.answer import Answer
from chat_app.pipeline import answer_once
from chat_app.settings import ChatSettings
from chat_app.trace_page import trace_path
from chat_app.turn_log import keep_turn
from data_contracts.identity import text_hash
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from tests.assets.conftest import CrawledSource
from tests.conftest import page

QUESTION = "When does a colony swarm?"
SWARM = "A colony swarms in late spring when the hive is too crowded for its queen. "
EVIL = (
    "The beekeeper wrote &lt;script&gt;document.title='taken'&lt;/script&gt; on the wall, "
    "&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt; below it, and {{ 7 * 7 }} on the hive where the colony swarms. "
)
TITLE = "Bees &lt;img src=x onerror=alert(2)&gt; and &lt;/title&gt;&lt;script&gt;alert(3)&lt;/script&gt;"


def build_home(folder: Path, embedder: Embedder) -> Path:
    """Crawl and build the source in a folder; return its home."""
    home = folder / "home"
    source = CrawledSource(Lake(str(home / "lake")), LocalStore(home / "index"), embedder)
    source.crawl(
        {
            "/": page("Bees", ("Welcome", "A site about bees and what they do all year. " * 5)),
            "/swarm.html": page("Swarming", ("Swarms", SWARM * 4), ("Honey", "Honey is made of nectar. " * 8)),
            "/evil.html": page(TITLE, ("Walls", EVIL * 3)),
            "/gone.html": None,
        }
    )
    source.build()
    return home


def chat_settings(home: Path, models: Path) -> ChatSettings:
    """Settings of a chat on a home, whatever this machine's environment says."""
    return ChatSettings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
        home=home,
        models=models,
        openai_api_key="",  # type: ignore[arg-type]  # made secret by its type
        openai_base_url="",
        dagster_url="https://dagster.test/",
        questions_per_minute=1_000,
    )


def kept(question: str, settings: ChatSettings) -> Answer:
    """Ask and keep; in a thread of its own, since a browser's loop may run in this one."""
    with ThreadPoolExecutor() as other:
        answer = other.submit(answer_once, question, settings=settings).result()
    keep_turn(settings.lake(), answer, turn_id=text_hash(question)[:16], thread_id="t", asked_at=datetime.now(UTC))
    return answer


def trace_of(answer: Answer, number: int) -> str:
    """The address of what stands behind a citation."""
    return trace_path(text_hash(answer.question)[:16], number)
