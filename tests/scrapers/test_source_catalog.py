"""Two places of sources: the local folder, and what is dropped at the lake's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lake import LakeUnreachable, ObjectFolder
from scrapers.error import SourceError
from scrapers.source_catalog import SourceCatalog

DROPPED = b"start_urls: [https://dropped.example/]\n"
LOCAL = "start_urls: [https://local.example/]\n"


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> SourceCatalog:
    """Two empty places, the second in a folder and in a bucket."""
    (tmp_path / "sources").mkdir()
    if request.param == "folder":
        return SourceCatalog(tmp_path / "sources", ObjectFolder(str(tmp_path / "lake" / "sources")))
    dropped = ObjectFolder(f"s3://lake/{tmp_path.name}/sources", request.getfixturevalue("s3_options"))
    return SourceCatalog(tmp_path / "sources", dropped)


def test_sources_of_both_places_are_listed_and_loaded(catalog: SourceCatalog) -> None:
    (catalog.folder / "near.yaml").write_text(LOCAL)
    catalog.dropped.write("far.yml", DROPPED)
    found = catalog.listing()
    assert {name: source.start_urls for name, source in found.sources.items()} == {
        "near": ("https://local.example/",),
        "far": ("https://dropped.example/",),
    }
    assert (found.problems, found.is_complete) == ((), True)
    assert catalog.load("near") == found.sources["near"]
    assert catalog.load("far") == found.sources["far"]
    assert catalog.names() == {"near", "far"}


def test_of_two_files_of_one_name_the_local_one_is_used_and_that_is_said(catalog: SourceCatalog) -> None:
    (catalog.folder / "docs.yaml").write_text(LOCAL)
    catalog.dropped.write("docs.yaml", DROPPED)
    found = catalog.listing()
    assert found.sources["docs"].start_urls == catalog.load("docs").start_urls == ("https://local.example/",)
    [problem] = found.problems
    assert problem.startswith(f"{catalog.dropped.url}/docs.yaml: not used")
    assert str(catalog.folder / "docs.yaml") in problem


def test_a_broken_file_is_told_and_hides_no_other(catalog: SourceCatalog) -> None:
    (catalog.folder / "good.yaml").write_text(LOCAL)
    (catalog.folder / "bad.yaml").write_text("name: [")
    catalog.dropped.write("worse.yaml", b"start_urls: 3")
    found = catalog.listing()
    assert set(found.sources) == {"good"}
    assert found.names == {"good", "bad", "worse"}
    assert [any(word in problem for problem in found.problems) for word in ("bad.yaml", "worse.yaml")] == [True, True]
    assert found.is_complete


def test_questions_lie_beside_the_source_and_are_no_source(catalog: SourceCatalog) -> None:
    catalog.dropped.write("docs.yaml", DROPPED)
    assert catalog.questions("docs") is None
    catalog.dropped.write("docs.questions.yaml", b"- question: dropped")
    assert catalog.questions("docs") == b"- question: dropped"
    (catalog.folder / "docs.questions.yaml").write_text("- question: local")
    assert catalog.questions("docs") == b"- question: local"
    assert catalog.names() == {"docs"}
    assert catalog.listing().problems == ()


def test_other_files_and_folders_are_no_sources(catalog: SourceCatalog) -> None:
    (catalog.folder / "notes.txt").write_text("mine")
    (catalog.folder / ".docs.yaml").write_text("half saved")
    catalog.dropped.write("old/docs.yaml", DROPPED)
    assert catalog.listing().names == frozenset()


def test_a_source_that_is_in_neither_place_is_told_with_both(catalog: SourceCatalog) -> None:
    with pytest.raises(SourceError, match=r"no source 'nowhere'.*nowhere\.yaml.*lorechat add"):
        catalog.load("nowhere")


def test_a_folder_that_is_not_there_holds_nothing_but_proves_no_absence(tmp_path: Path) -> None:
    catalog = SourceCatalog(tmp_path / "absent", ObjectFolder(str(tmp_path / "dropped")))
    assert catalog.listing().sources == {}
    with pytest.raises(SourceError, match="is not there"):
        catalog.names()


def test_an_unreachable_bucket_leaves_the_local_sources_usable(tmp_path: Path) -> None:
    (tmp_path / "near.yaml").write_text(LOCAL)
    (tmp_path / "a-file").write_text("")
    catalog = SourceCatalog(tmp_path, ObjectFolder(str(tmp_path / "a-file" / "sources")))
    found = catalog.listing()
    assert set(found.sources) == {"near"}
    assert not found.is_complete
    assert "a-file" in found.problems[0]
    with pytest.raises(LakeUnreachable):
        catalog.names()
