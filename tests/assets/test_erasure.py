"""A page that was erased is nowhere: not in a table, a release, a file or a byte.

One long file, because all tests begin with the same built source: the first one builds it, which takes seconds, and
the others copy it.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.erasure.erasing import Places, erase, survey
from assets.erasure.index import erase_from_index
from assets.erasure.table_traces import TRACES
from assets.erasure.target import Target, find_target, find_whole_source
from data_contracts.chat_turn import CHAT_TURNS, FEEDBACK
from data_contracts.chunk import CHUNKS
from data_contracts.crawl_ledger import CRAWL_LEDGER
from data_contracts.embedding import EMBEDDINGS
from data_contracts.erasure import ERASURES
from data_contracts.page_version import PAGE_VERSIONS
from data_contracts.quarantine import QUARANTINE
from data_contracts.table import Table
from lake import Lake, ObjectFolder, current_pages
from lake.erased import erased_urls, keep_out

pytestmark = pytest.mark.slow

HOST = "https://example.test"
URL = f"{HOST}/people/jane-doe.html"
LONGER = f"{URL}?page=2"  # another page, whose address begins with the erased one's

SHARED = "Every harbour closes its gates at sunset and opens them again when the tide allows it."
SECRET = "Jane Doe moved to the lighthouse keeper's cottage in the spring of 1987 with two cats."

PERSON = f"""<html><body><main><h1>The life of Jane Doe</h1><p>{SECRET} She kept the light burning for thirty years
without a single dark night, which nobody did before her.</p><h2>Gates</h2><p>{SHARED}</p></main></body></html>"""
OTHER = f"""<html><body><main><h1>Harbour rules</h1><p>Ships wait outside until the pilot has come aboard. Read about
<a href="{URL}">one who lived here</a> and <a href="{LONGER}">more</a>.</p><h2>Gates</h2><p>{SHARED}</p></main>
</body></html>"""
THIRD = """<html><body><main><h1>Fog signals</h1><p>In thick fog the horn sounds twice every minute until the lamp
can be seen from the outer mole again.</p></main></body></html>"""

PAGES = {"/people/jane-doe.html": PERSON, "/rules.html": OTHER, "/fog.html": THIRD}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves what it built, for the others to copy."""
    return tmp_path_factory.mktemp("built")


@pytest.fixture
def built(crawled: Any, template: Path, tmp_path: Path) -> Any:
    """A source of three pages with a live release, a turn that cites the person's page and one that does not."""
    if any(template.iterdir()):
        shutil.copytree(template, tmp_path, dirs_exist_ok=True)
        crawled._crawls = 2
        return crawled
    crawled.crawl({"/fog.html": THIRD})
    crawled.build()
    crawled.crawl(PAGES)
    crawled.build()
    for turn, url, answer in (("about-jane", URL, f"{SECRET} [1]"), ("about-fog", f"{HOST}/fog.html", "The horn. [1]")):
        keep_turn(crawled.lake, turn, url, answer)
    crawled.lake.quarantine([{"url": URL}], source="example", stage="markdown", rule="broken", reason=f"{URL} broke")
    other = {"url": f"{HOST}/rules.html", "markdown": f"[x]({URL})"}
    crawled.lake.quarantine([other], source="example", stage="documents", rule="broken", reason="too long")
    shutil.copytree(tmp_path, template, dirs_exist_ok=True)
    return crawled


def keep_turn(lake: Lake, turn: str, url: str, answer: str) -> None:
    now = datetime.now(UTC)
    row = {
        "turn_id": turn,
        "thread_id": "thread",
        "question": "Who?",
        "answer": answer,
        "model": "none",
        "citations": json.dumps([{"number": 1, "url": url, "link": f"{url}#gates:~:text=Every"}]),
        "releases": "{}",
        "asked_at": now,
        "milliseconds": 1,
    }
    append(lake, CHAT_TURNS, row, "example,handbook")
    append(lake, FEEDBACK, {"turn_id": turn, "judged_at": now, "judgement": "up", "comment": None}, "example,handbook")


def append(lake: Lake, table: Table, row: dict[str, object], source: str) -> None:
    schema = {name: kind for name, kind in table.schema.create_empty().schema.items() if name in row}
    assert lake.append(table, pl.DataFrame([row], schema=schema), source=source).added == 1


def places_of(built: Any, folder: Path | None = None) -> Places:
    lake = built.lake
    index = ObjectFolder(str(folder / "index")) if folder else None
    return Places(lake, ObjectFolder(lake.url, lake.storage_options), built.store, index, (), built.embedder)


def target_of(built: Any, *urls: str) -> Target:
    return find_target(built.lake, built.source.name, urls or (URL,))


def erase_all(built: Any, folder: Path | None = None) -> list[Any]:
    return erase(built.source, target_of(built), places_of(built, folder), tell=lambda line: None)


def urls_in(built: Any, release_id: str) -> set[str]:
    return {place.url for place in built.store.chunk_ids("example", release_id)}


def test_an_erased_page_is_nowhere_and_the_others_stay(built: Any, tmp_path: Path) -> None:
    before = {finding.place: finding for finding in survey(built.source, target_of(built), places_of(built))}
    assert before["table page_versions"].left == before["table chat_turns"].left == before["table feedback"].left == 1
    proof = erase_all(built, tmp_path)
    assert [finding for finding in proof if not finding.is_clean] == []
    assert {finding.place: finding.mentions for finding in proof}["table documents"] == 1
    left = current_pages(built.lake, "example").collect()["url"].to_list()
    assert left == [f"{HOST}/fog.html", f"{HOST}/rules.html"]
    assert built.lake.scan(CHAT_TURNS).collect()["turn_id"].to_list() == ["about-fog"]
    assert built.lake.scan(FEEDBACK).collect()["turn_id"].to_list() == ["about-fog"]
    assert built.lake.scan(QUARANTINE).collect()["stage"].to_list() == ["documents"]
    assert URL in erased_urls(built.lake, "example")


def test_no_byte_of_lake_or_index_holds_what_only_the_page_said(built: Any, tmp_path: Path) -> None:
    erase_all(built, tmp_path)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"Jane Doe" not in data, path
            assert b"cottage" not in data, path
            if "_delta_log" in path.parts or path.suffix not in (".parquet", ".arrow"):
                assert URL.encode() not in data, path
            if path.suffix == ".parquet" and "_delta_log" not in path.parts:
                assert "Jane Doe" not in str(pl.read_parquet(path).to_dicts()), path


def test_the_live_release_is_rebuilt_without_it_and_others_with_it_are_dropped(built: Any) -> None:
    crawled = built
    with_page = crawled.store.live("example").release_id
    crawled.crawl({"/fog.html": THIRD.replace("twice", "three times")})
    crawled.build()
    newest = crawled.store.live("example").release_id
    erase_all(crawled)
    live = crawled.store.live("example")
    assert live.release_id not in (with_page, newest)
    assert urls_in(crawled, live.release_id) == {f"{HOST}/fog.html", f"{HOST}/rules.html"}
    assert live.pages == 2
    kept = {release.release_id for release in crawled.store.releases("example")}
    assert not kept & {with_page, newest}
    assert all(URL not in urls_in(crawled, release_id) for release_id in kept)


def test_the_next_build_makes_the_very_release_that_the_erasure_made(built: Any) -> None:
    erase_all(built)
    live = built.store.live("example").release_id
    built.build()
    assert built.store.live("example").release_id == live


def test_a_vector_that_another_page_needs_stays(built: Any) -> None:
    before = built.lake.scan(EMBEDDINGS).collect().height
    own = target_of(built)
    shared = built.lake.scan(CHUNKS).filter(pl.col("text").str.contains("sunset")).collect()
    assert shared["text_hash"].n_unique() < shared.height or shared["url"].n_unique() == 2
    erase_all(built)
    texts = set(built.lake.scan(CHUNKS).collect()["text_hash"])
    vectors = set(built.lake.scan(EMBEDDINGS).collect()["text_hash"])
    assert texts == texts & vectors
    assert len(vectors) == before - len(own.text_hashes)
    assert not vectors & own.text_hashes


def test_pages_that_were_found_through_it_stay_and_do_not_name_it(built: Any) -> None:
    ledger = built.lake.scan(CRAWL_LEDGER).filter(pl.col("url") == f"{HOST}/rules.html").select("url")
    built.lake.rewrite(CRAWL_LEDGER, ledger.collect(), {"discovered_from": URL}, source="example")
    erase_all(built)
    row = built.lake.scan(CRAWL_LEDGER).filter(pl.col("url") == f"{HOST}/rules.html").collect().to_dicts()[0]
    assert row["verdict"] == "fetched"
    assert row["discovered_from"] is None


def test_an_alias_of_the_page_goes_with_it(built: Any) -> None:
    copy = f"{HOST}/print/jane-doe.html"
    rows = built.lake.scan(CRAWL_LEDGER).filter(pl.col("url") == URL).collect()
    alias = rows.with_columns(
        url=pl.lit(copy), verdict=pl.lit("duplicate_of"), target_url=pl.lit(URL), crawl_id=pl.lit("crawl-2")
    ).unique("url")
    built.lake.append(CRAWL_LEDGER, alias, source="example")
    assert target_of(built).aliases == {copy}
    assert target_of(built, copy).urls == {URL, copy}
    erase_all(built)
    assert built.lake.scan(CRAWL_LEDGER).filter(pl.col("url") == copy).collect().is_empty()
    assert copy in erased_urls(built.lake, "example")


def test_erasing_again_changes_nothing(built: Any) -> None:
    erase_all(built)
    versions = {traces.table.name: built.lake.version(traces.table) for traces in TRACES}
    assert all(finding.is_clean for finding in erase_all(built))
    assert {traces.table.name: built.lake.version(traces.table) for traces in TRACES} == versions


def test_a_crawl_that_brings_the_page_back_meanwhile_does_not_win(built: Any) -> None:
    told: list[str] = []

    def crawl_late(line: str) -> None:
        if line.startswith("searching") and not told:
            told.append(line)
            built.crawl({"/people/jane-doe.html": PERSON, "/new.html": THIRD.replace("Fog", "Storm")})

    proof = erase(built.source, target_of(built), places_of(built), tell=crawl_late)
    assert told
    assert all(finding.is_clean for finding in proof)
    assert f"{HOST}/new.html" in current_pages(built.lake, "example").collect()["url"].to_list()


def test_appenders_that_go_on_meanwhile_lose_nothing(built: Any) -> None:
    failed: list[BaseException] = []

    def crawl() -> None:
        try:
            for number in range(6):
                built.crawl({f"/new-{number}.html": THIRD.replace("Fog", f"Storm {number}")})
        except BaseException as error:
            failed.append(error)

    crawling = threading.Thread(target=crawl)
    crawling.start()
    other = Lake(built.lake.url)
    places = Places(other, ObjectFolder(other.url), built.store, None, (), built.embedder)
    proof = erase(built.source, target_of(built), places, tell=lambda line: None)
    crawling.join()
    assert failed == []
    assert all(finding.is_clean for finding in proof)
    assert len(current_pages(Lake(built.lake.url), "example").collect()) == 2 + 6


def test_an_evaluation_that_counts_the_page_as_removed_no_longer_names_it(built: Any) -> None:
    built.crawl({"/people/jane-doe.html": None})
    built.build()
    live = built.store.live("example")
    assert URL in str(live.evaluation)
    assert all(finding.is_clean for finding in erase_all(built))
    assert built.store.live("example").release_id == live.release_id
    assert URL not in str(built.store.live("example").evaluation)


@pytest.mark.parametrize("steps", [2, 4, 12])
def test_an_erasure_that_was_cut_off_is_completed_by_the_next(built: Any, tmp_path: Path, steps: int) -> None:
    done = 0

    def cut(line: str) -> None:
        nonlocal done
        done += 1
        if done == steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erase(built.source, target_of(built), places_of(built, tmp_path), tell=cut)
    assert URL in erased_urls(built.lake, "example")
    assert all(finding.is_clean for finding in erase_all(built, tmp_path))


def test_a_whole_source_is_erased_with_its_releases(built: Any, tmp_path: Path) -> None:
    target = find_whole_source(built.lake, "example")
    proof = erase(built.source, target, places_of(built, tmp_path), tell=lambda line: None)
    assert [finding for finding in proof if not finding.is_clean] == []
    assert built.store.releases("example") == []
    assert built.lake.scan(PAGE_VERSIONS).collect().is_empty()
    assert f"{HOST}/never-seen.html" in erased_urls(built.lake, "example")


def test_a_page_that_is_to_stay_out_is_in_no_release_that_is_built_from_then_on(built: Any) -> None:
    """Even while its rows are still there: a run that begins during an erasure brings nothing back."""
    keep_out(built.lake, "example", [URL])
    built.build()
    assert URL not in urls_in(built, built.store.live("example").release_id)


def test_every_table_is_searched() -> None:
    import data_contracts

    files = Path(data_contracts.__file__).parent.glob("*.py")
    tables = {
        value.name
        for path in files
        for value in vars(__import__(f"data_contracts.{path.stem}", fromlist=["x"])).values()
        if isinstance(value, Table)
    }
    assert {traces.table.name for traces in TRACES} == tables - {ERASURES.name}


def test_erasing_from_the_index_alone_needs_no_model(built: Any) -> None:
    erase_from_index(built.lake, built.store, target_of(built))
    assert URL not in urls_in(built, built.store.live("example").release_id)


def test_inbox_files_lose_their_lines_and_are_not_read_again(
    built: Any, make_files: Callable[..., ObjectFolder]
) -> None:
    objects = make_files(built)
    assert all(finding.is_clean for finding in erase_all(built))
    lines = objects.read("inbox/example/pages.jsonl").decode().splitlines()
    assert [json.loads(line)["url"] for line in lines] == [f"{HOST}/rules.html"]
    assert [file.key for file in objects.files("inbox/example")] == ["inbox/example/pages.jsonl"]


@pytest.fixture
def make_files() -> Callable[..., ObjectFolder]:
    """Write an inbox file with two pages, and a saved page."""

    def write(built: Any) -> ObjectFolder:
        objects = ObjectFolder(built.lake.url, built.lake.storage_options)
        rows = [{"url": URL, "content": PERSON}, {"url": f"{HOST}/rules.html", "content": OTHER}]
        objects.write("inbox/example/pages.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
        objects.write("inbox/example/example.test/people/jane-doe.html", PERSON.encode())
        return objects

    return write
