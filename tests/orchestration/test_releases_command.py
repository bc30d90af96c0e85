"""`lorechat releases` and `ask --as-of` as a person types them, on a website that changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from scrapers.source_file import write_source

Run = Callable[..., Result]

FACT = "Bees of this valley sleep on Sundays."


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


@pytest.fixture
def lorechat(tmp_path: Path, sources: Path, prepared_models: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process, with a home of its own: a Python for each of many calls would take longest."""
    for name in [name for name in os.environ if name.startswith(("LORECHAT_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    places = {"HOME": tmp_path / "home", "SOURCES": sources, "MODELS": prepared_models}
    variables = {f"LORECHAT_{name}": str(place) for name, place in places.items()}
    return lambda *arguments: CliRunner().invoke(app, arguments, env=variables)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return result.stdout


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done(result).splitlines()]


def write_questions(sources: Path, *entries: tuple[str, str, str]) -> None:
    text = "".join(f"- question: {question}\n  url: {url}\n  quote: {quote}\n" for question, url, quote in entries)
    (sources / "topics.questions.yaml").write_text(text)


@pytest.mark.slow
def test_releases_are_judged_compared_rolled_back_and_asked_as_of_an_instant(
    lorechat: Run, sources: Path, small_site: Any
) -> None:
    write_source(sources, small_site.source("topics"))
    write_questions(sources, ("What are the mistakes?", "/bread.html", "The usual mistake in bread is haste"))
    done(lorechat("build", "topics"))
    [first] = objects(lorechat("releases", "list", "topics", "--json"))
    assert (first["state"], first["recall"], first["reason"]) == ("live", 1.0, "passed its evaluation")
    then = datetime.now(UTC)

    old_page = small_site.pages["/beekeeping.html"]
    small_site.pages["/beekeeping.html"] = old_page.replace("</main>", f"<h2>When bees sleep</h2><p>{FACT}</p></main>")
    del small_site.pages["/sailing.html"]
    done(lorechat("crawl", "topics"))
    done(lorechat("build", "topics"))
    second, _ = objects(lorechat("releases", "list", "--json"))
    [diff] = objects(
        lorechat("releases", "diff", "topics", second["release_id"][:8], first["release_id"][:8], "--json")
    )
    assert diff["changed"] == [f"{small_site.url}/beekeeping.html"]
    assert diff["removed"] == [f"{small_site.url}/sailing.html"]
    shown = done(lorechat("releases", "show", "topics"))
    assert "recall@5    1.000         1.000" in shown
    assert "pages removed: 1" in shown

    write_questions(sources, ("When do bees sleep?", "/beekeeping.html", "words that stand nowhere"))
    small_site.pages["/bread.html"] = small_site.pages["/bread.html"].replace("calm day", "windy day")
    done(lorechat("crawl", "topics"))
    refused = lorechat("build", "topics")
    assert refused.exit_code == 1
    assert "'When do bees sleep?'" in refused.stderr
    assert "its quote does not stand on that page" in refused.stderr
    third, *_ = objects(lorechat("releases", "list", "topics", "--json"))
    assert third["state"] == "refused"
    assert FACT in done(lorechat("ask", "When do bees of this valley sleep?", "--source", "topics"))

    [back] = objects(lorechat("releases", "rollback", "topics", "--reason", "wrong bees", "--json"))
    assert (back["live"], back["before"]) == (first["release_id"], second["release_id"])
    assert back["seconds"] < 5
    assert FACT not in done(lorechat("ask", "When do bees of this valley sleep?"))
    promoted = lorechat("releases", "promote", "topics", third["release_id"][:10], "--reason", "the question was wrong")
    assert f"{third['release_id'][:12]} is live, instead of {first['release_id'][:12]}" in promoted.stdout
    states = {row["release_id"]: row["state"] for row in objects(lorechat("releases", "list", "topics", "--json"))}
    assert states == {
        third["release_id"]: "live",
        second["release_id"]: "held",
        first["release_id"]: "held",
    }

    question = "When do bees of this valley sleep?"
    [answer] = objects(lorechat("ask", question, "--as-of", then.isoformat(), "--json"))
    assert FACT not in answer["answer"]
    assert answer["releases"] == {"topics": first["release_id"]}
    assert answer["as_of"] == then.isoformat()
    said = done(lorechat("ask", question, "--as-of", f"{datetime.now(UTC):%F}"))
    assert FACT in said
    assert f"topics {third['release_id'][:12]}, live from" in said
    early = lorechat("ask", question, "--as-of", "2020-01-01")
    assert early.exit_code == 1
    assert "nothing was live at 2020-01-01" in early.stderr


def test_what_is_not_there_is_said_with_what_is(lorechat: Run) -> None:
    assert "no release yet: lorechat build" in lorechat("releases", "list").stderr
    unknown = lorechat("releases", "show", "nothing")
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("error: nothing has no release. Build one: lorechat build nothing")
    for given, cause in (("soon", "neither a date nor a time"), ("2999-01-01", "lies in the future")):
        result = lorechat("ask", "anything", "--as-of", given)
        assert result.exit_code == 1
        assert cause in result.stderr
