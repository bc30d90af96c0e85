"""A small site that is crawled, built and asked, changes, and is crawled and built again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chat_app.pipeline import answer_once
from chat_app.settings import ChatSettings
from chat_app.turn_log import keep_turn
from data_contracts.source import Source
from lake import Lake
from orchestration.cli import app
from orchestration.commands.build import _run_stages
from orchestration.settings import PipelineSettings
from retrieval.account import Account
from retrieval.inquiry import Inquiry
from scrapers.crawl import crawl_source
from scrapers.source_file import write_source
from tests.conftest import ChangingSite, page, topic_page

QUESTION = "Which crane lifts the boats?"
CRANE = "The crane that lifts the boats is called Bertha and carries nine tonnes. "
WINCH = "A winch called Otto replaced the crane, and it carries twelve tonnes. "


@dataclass
class World:
    """A site after two crawls and builds, the answer that was given in between, and a page's first bytes."""

    site: ChangingSite
    source: Source
    settings: PipelineSettings
    lake: Lake
    first_html: str

    def url(self, path: str) -> str:
        return f"{self.site.url}{path}"

    def account(self, path: str, question: str | None = None) -> Account:
        inquiry = Inquiry(self.lake, self.settings.store(), lambda _: self.settings.embedder())
        (found,) = inquiry.accounts({"harbour": self.url(path)}, question=question)
        return found

    def crawl_and_build(self) -> None:
        crawl_source(self.source, self.lake, on_progress=_quiet, environment=self.settings.environment())
        list(_run_stages(self.source, self.lake, self.settings.embedder(), self.settings, _quiet))

    def lorechat(self, *arguments: str) -> Result:
        """Run the command, in this process: starting Python for each would take longer than all the rest."""
        variables = {
            "LORECHAT_HOME": str(self.settings.home),
            "LORECHAT_SOURCES": str(self.settings.sources),
            "LORECHAT_MODELS": str(self.settings.models_folder),
        }
        return CliRunner().invoke(app, arguments, env=variables)


def _quiet(_progress: object) -> None: ...


def _pages() -> dict[str, str]:
    links = ("/guide.html", "/copy.html", "/secret.html", "/old.html", "/place.html", "/hidden.html", "/nested.html")
    guide = page("Guide to the harbour", ("Cranes", CRANE * 5), links=("/chapter.html", "/"))
    return {
        "/robots.txt": "User-agent: *\nDisallow: /secret.html\n",
        "/": page("Harbour", ("Welcome", "A harbour of many pages. " * 6), links=(*links, "/broken.html", "https://x.test/")),
        "/guide.html": guide,
        "/copy.html": guide,
        "/chapter.html": topic_page("sailing"),
        "/secret.html": topic_page("glaciers"),
        "/old.html": topic_page("bread"),
        "/place.html": topic_page("lighthouses"),
        "/hidden.html": topic_page("typography").replace("<head>", '<head><meta name="robots" content="noindex">'),
        "/nested.html": f"<html><body><main>{'<div>' * 3100}too deep to be read{'</div>' * 3100}</main></body></html>",
    }  # fmt: skip


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, prepared_models: Path) -> Iterator[World]:
    site = ChangingSite(_pages())
    site.behaviour["/broken.html"] = site.how(status=500)
    folder = tmp_path_factory.mktemp("harbour")
    settings = PipelineSettings(home=folder / "home", sources=folder / "sources", models=prepared_models)
    source = site.source("harbour", removal={"max_share": 0.9})
    write_source(settings.sources, source)
    world = World(site, source, settings, settings.lake(), site.pages["/guide.html"])
    world.crawl_and_build()
    _ask(world, "old-answer")
    changed = page("Guide to the harbour", ("Winches", WINCH * 5), links=("/chapter.html", "/"))
    site.pages |= {"/guide.html": changed, "/copy.html": changed}
    site.pages["/chapter.html"] = page("Sailing", ("Wind", "S\ufffd\ufffdling w\ufffdth the w\ufffdnd. " * 20))
    del site.pages["/old.html"]
    site.move("/place.html", "/new-place.html")
    world.crawl_and_build()
    yield world
    site.close()


def _ask(world: World, turn_id: str) -> None:
    settings = ChatSettings(home=world.settings.home, models=world.settings.models, openai_base_url="")
    answer = answer_once(QUESTION, settings=settings)
    keep_turn(world.lake, answer, turn_id=turn_id, thread_id="test", asked_at=datetime.now(UTC))
