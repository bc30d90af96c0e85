from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

COMMANDS = (
    "up",
    "add",
    "drop",
    "crawl",
    "build",
    "ask",
    "why",
    "trace",
    "search",
    "clean",
    "chunk",
    "boilerplate",
    "sources",
    "status",
    "releases",
    "serve",
)


def _objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_help_comes_at_once_and_names_every_command(lorechat: Run) -> None:
    best = 9.0
    for _ in range(3):
        began = time.perf_counter()
        done = lorechat("--help")
        best = min(best, time.perf_counter() - began)
    assert best < 0.7
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_teaches_by_example(lorechat: Run, command: str) -> None:
    text = lorechat(command, "--help").stdout
    assert f"Examples:\n    lorechat {command}" in text
    assert command in ("up", "serve") or "--json" in text


def test_a_wrong_call_exits_with_2(lorechat: Run) -> None:
    assert lorechat("nonsense").returncode == 2
    assert lorechat("search").returncode == 2
    assert lorechat("search", "question", "--limit", "0").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("sources",), "lorechat add"),
        (("crawl", "nowhere"), "lorechat add"),
        (("add", "mailto:me"), "no web address"),
        (("clean", "missing.html"), "missing.html: No such file"),
        (("clean", "http://127.0.0.1:9/"), "cannot be fetched"),
        (("search", "boats"), "lorechat build"),
        (("search", "--file", "missing.jsonl"), "missing.jsonl"),
    ],
)
def test_an_error_is_one_message_with_a_next_step_and_exit_code_1(
    lorechat: Run, arguments: tuple[str, ...], cause: str, tmp_path: Path
) -> None:
    done = lorechat(*arguments, LORECHAT_SOURCES=str(tmp_path), LORECHAT_HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert cause in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_where_an_error_came_from(lorechat: Run) -> None:
    assert "Traceback" in lorechat("--debug", "clean", "missing.html").stderr
    assert "Traceback" in lorechat("clean", "missing.html", LORECHAT_DEBUG="1").stderr


def test_a_bad_setting_is_named_as_it_is_written(lorechat: Run) -> None:
    done = lorechat("sources", LORECHAT_CHUNK_SIZE="many")
    assert done.returncode == 1
    assert "LORECHAT_CHUNK_SIZE='many'" in done.stderr


def test_adding_twice_changes_nothing_and_a_second_site_of_one_name_is_refused(lorechat: Run, site: str) -> None:
    [added] = _objects(lorechat("add", f"{site}/index.html", "--name", "twice", "--json"))
    assert added["start_urls"] == [f"{site}/index.html"]
    assert lorechat("add", f"{site}/index.html", "--name", "twice").returncode == 0
    other = lorechat("add", f"{site}/guide/", "--name", "twice")
    assert other.returncode == 1
    assert "twice.yaml" in other.stderr
    listed = {row["source"]: row for row in _objects(lorechat("sources", "--json"))}
    assert listed["twice"]["indexed_pages"] is None


def test_a_page_is_cleaned_from_a_url_and_from_a_file_alike(
    lorechat: Run, site: str, workplace: tuple[Path, dict[str, str]]
) -> None:
    text = lorechat("clean", f"{site}/install.html", "--drop", ".sidebar").stdout
    assert "## How do I install Harbour?" in text
    assert "Buy more boats" not in text
    page = workplace[0] / "page.html"
    page.write_text("<html lang=en><body><main><h1>One</h1><p>Words that stay.</p></main></body></html>")
    [row] = _objects(lorechat("clean", "page.html", "--json"))
    assert row["title"] == "One"
    assert "Words that stay." in str(row["markdown"])


def test_a_folder_is_cleaned_page_by_page_and_a_bad_page_stops_nothing(
    lorechat: Run, workplace: tuple[Path, dict[str, str]]
) -> None:
    folder = workplace[0] / "saved"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.html").write_text("<html><body><main><h1>A</h1><p>First page of two.</p></main></body></html>")
    (folder / "deep" / "b.html").write_text("<html><body><h1>B</h1><p>Second page of two.</p></body></html>")
    (folder / "zip.html").write_bytes(b"PK\x03\x04" + bytes(100))
    done = lorechat("clean", "saved", "--to", "markdown", "--json")
    assert done.returncode == 1
    assert "zip.html" in done.stderr
    assert "zip archive" in done.stderr
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["a.html", "deep/b.html"]
    assert "Second page of two." in (workplace[0] / "markdown" / "deep" / "b.md").read_text()


@pytest.mark.slow
def test_markdown_is_cut_into_chunks_of_the_size_asked_for(
    lorechat: Run, workplace: tuple[Path, dict[str, str]]
) -> None:
    text = "# Ropes\n\n" + "A boat is moored with two ropes and a knot. " * 60
    (workplace[0] / "notes.md").write_text(text)
    rows = _objects(lorechat("chunk", "notes.md", "--size", "60", "--overlap", "0", "--json"))
    assert len(rows) > 5
    assert all(int(str(row["tokens"])) <= 60 for row in rows)
    assert "[0]" in lorechat("chunk", "notes.md").stdout


@pytest.mark.slow
def test_the_verbs_lead_from_a_website_to_a_cited_answer(
    lorechat: Run, site: str, workplace: tuple[Path, dict[str, str]]
) -> None:
    assert lorechat("add", f"{site}/index.html", "--name", "harbour").returncode == 0
    [crawled] = _objects(lorechat("crawl", "harbour", "--json"))
    assert crawled["counts"] == {"fetched": 3, "gone": 1}
    first = _objects(lorechat("build", "harbour", "--json"))
    assert [row["stage"] for row in first] == ["markdown", "chunks", "embeddings", "vector_index"]
    assert first[0]["added"] == 3
    again = _objects(lorechat("build", "harbour", "--json"))
    assert [row["added"] for row in again] == [0, 0, 0, 0]

    [answer] = _objects(lorechat("ask", "How do I install Harbour?", "--json"))
    assert "installer" in str(answer["answer"])
    citations = answer["citations"]
    assert isinstance(citations, list)
    assert citations[0]["url"] == f"{site}/install.html"
    shown = lorechat("ask", "How do I install Harbour?").stdout
    assert f"{site}/install.html#steps" in shown

    ranked = _objects(lorechat("search", "two ropes", "--limit", "2", "--source", "harbour", "--json"))
    assert ranked[0]["url"] == f"{site}/guide/moor.html"
    questions = workplace[0] / "questions.jsonl"
    questions.write_text('{"id": 7, "question": "configure logging"}\n\n{"question": "ropes", "gold": "x"}\n')
    batch = _objects(lorechat("search", "--file", "questions.jsonl", "--mode", "lexical"))
    assert [row.get("id") for row in batch] == [7, None]
    assert batch[1]["gold"] == "x"
    questions.write_text('{"id": 7}\n')
    assert (
        'questions.jsonl, line 1: needs a text under "question"'
        in lorechat("search", "--file", "questions.jsonl").stderr
    )

    states = {row["source"]: row for row in _objects(lorechat("status", "--json"))}
    assert states["harbour"]["pages"] == 3
    assert states["harbour"]["verdicts"] == {"fetched": 3, "gone": 1}
    gone = _objects(lorechat("status", "harbour", "--verdict", "gone", "--json"))
    assert [row["url"] for row in gone] == [f"{site}/gone.html"]
    assert "404" in str(gone[0]["reason"])
    pages = lorechat("status", "harbour", "--pages").stdout
    assert f"{site}/guide/moor.html" in pages
