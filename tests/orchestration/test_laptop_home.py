from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lake import ObjectFolder
from orchestration.error import AlreadyRunning, HandbookFailed, PortTaken
from orchestration.settings import PROJECT
from orchestration.up.handbook import build_handbook, handbook_digest
from orchestration.up.instance import only_one, prepare_instance
from orchestration.up.port import check_port
from orchestration.up.site import handbook_source, site_source
from scrapers.source_catalog import SourceCatalog
from scrapers.source_file import load_source, write_source


def test_a_taken_port_names_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port}.*Dagster.*LORECHAT_DAGSTER_PORT={port + 100}"):
            check_port(port, purpose="Dagster", setting="LORECHAT_DAGSTER_PORT")
    check_port(port, purpose="Dagster", setting="LORECHAT_DAGSTER_PORT")


def test_a_home_is_used_by_one_run_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from orchestration.up.instance import only_one\n"
        f"with only_one(Path({str(tmp_path)!r})): pass"
    )
    with only_one(tmp_path):
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert AlreadyRunning.__name__ in second.stderr
        assert "LORECHAT_HOME" in second.stderr
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_instance_keeps_telemetry_off_and_queues_runs(tmp_path: Path) -> None:
    folder = prepare_instance(tmp_path, PROJECT / "infra" / "dagster" / "local" / "dagster.yaml")
    settings = yaml.safe_load((folder / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["run_coordinator"]["class"] == "QueuedRunCoordinator"


def test_the_handbook_source_follows_the_port_and_keeps_what_was_edited(tmp_path: Path) -> None:
    first = handbook_source(tmp_path, 8000)
    assert first.start_urls == ("http://localhost:8000/handbook/index.html",)
    path = tmp_path / "handbook.yaml"
    path.write_text(path.read_text() + "schedule: 0 3 * * *\n")
    moved = handbook_source(tmp_path, 8123)
    assert moved.start_urls == ("http://localhost:8123/handbook/index.html",)
    assert moved.schedule == "0 3 * * *"
    assert load_source(path) == moved


def test_a_site_that_has_a_source_keeps_it_as_it_was_edited(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    catalog = SourceCatalog(folder, ObjectFolder(str(tmp_path / "dropped")))
    added = site_source("https://docs.example.com/guide/", catalog)
    edited = added.model_copy(update={"name": "guide", "schedule": "0 3 * * *"})
    (folder / f"{added.name}.yaml").unlink()
    write_source(folder, edited)
    assert site_source("https://docs.example.com/guide/", catalog) == edited
    assert [path.name for path in folder.iterdir()] == ["guide.yaml"]


def test_a_handbook_that_has_not_changed_is_not_built_again(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("project = 'Small'\n")
    (docs / "index.rst").write_text("Small\n=====\n\nHello.\n")
    target = tmp_path / "handbook"
    target.mkdir()
    (target / ".built-from").write_text(handbook_digest(docs))
    assert build_handbook(docs, target) is False


def test_a_missing_handbook_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(HandbookFailed, match="no handbook"):
        build_handbook(tmp_path, tmp_path / "handbook")


@pytest.mark.slow
def test_the_handbook_builds_without_a_warning(tmp_path: Path) -> None:
    target = tmp_path / "handbook"
    assert build_handbook(PROJECT / "docs", target) is True
    index = (target / "index.html").read_text()
    assert "What is LoreChat?" in index
    assert not list(target.glob("_sources/*"))
    assert build_handbook(PROJECT / "docs", target) is False


@pytest.mark.slow
def test_a_broken_handbook_leaves_the_old_one_and_says_where_it_is_broken(tmp_path: Path) -> None:
    docs, target = tmp_path / "docs", tmp_path / "handbook"
    docs.mkdir()
    target.mkdir()
    (target / "index.html").write_text("old")
    (docs / "conf.py").write_text("extensions = ['myst_parser']\n")
    (docs / "index.md").write_text("# Title\n\n[nowhere](missing.md)\n")
    with pytest.raises(HandbookFailed, match=r"index\.md"):
        build_handbook(docs, target)
    assert (target / "index.html").read_text() == "old"
