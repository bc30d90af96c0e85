"""What a local store does beyond the protocol: files, damage, killed builds, other processes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from data_contracts.passage import Passage, ScoredPassage
from retrieval.error import IndexDamaged
from retrieval.local_store import LocalStore
from retrieval.vector_store import PassageBatch, ReleaseManifest

VECTORS = np.eye(3, 8, dtype=np.float32)


def manifest_of(name: str = "one") -> ReleaseManifest:
    return ReleaseManifest("docs", name, "Docs", "model", 8, "c1", "e1", 1, 3, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def batch(make_passage: Callable[..., Passage]) -> PassageBatch:
    return PassageBatch([make_passage(body) for body in ("red apples", "green pears", "blue plums")], VECTORS)


@pytest.fixture
def root(tmp_path: Path, batch: PassageBatch) -> Path:
    """A folder with one live release."""
    store = LocalStore(tmp_path)
    store.build(manifest_of(), [batch])
    store.promote("docs", "one")
    return tmp_path


def ask(store: LocalStore) -> list[ScoredPassage]:
    return store.search("docs", vector=VECTORS[1], text="pears", model_id="model", limit=1)


def test_a_release_is_a_folder_of_files_listed_with_their_hashes(root: Path) -> None:
    folder = root / "docs" / "one"
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"vectors.f32", "passages.arrow"} < set(listed) < present
    assert (root / "docs" / "CURRENT").read_text() == "one"


@pytest.mark.parametrize("name", ["vectors.f32", "passages.arrow", "manifest.json", "lexical/meta.json"])
def test_a_file_cut_short_or_lost_is_damage_with_a_next_step(root: Path, name: str) -> None:
    path = root / "docs" / "one" / name
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(IndexDamaged, match=r"damaged.*Build the release again"):
        ask(LocalStore(root))
    path.unlink()
    with pytest.raises(IndexDamaged, match="damaged"):
        ask(LocalStore(root))


def test_a_changed_byte_is_found_before_a_release_goes_live(root: Path) -> None:
    path = root / "docs" / "one" / "vectors.f32"
    path.write_bytes(b"\x01" + path.read_bytes()[1:])
    with pytest.raises(IndexDamaged, match=r"vectors\.f32 is not what was written"):
        LocalStore(root).promote("docs", "one")


def test_building_a_damaged_release_again_repairs_it(root: Path, batch: PassageBatch) -> None:
    (root / "docs" / "one" / "vectors.f32").write_bytes(b"")
    store = LocalStore(root)
    store.build(manifest_of(), [batch])
    assert ask(store)[0].passage.body == "green pears"


def test_a_release_that_was_removed_by_hand_is_damage(root: Path) -> None:
    store = LocalStore(root)
    (root / "docs" / "one").rename(root / "elsewhere")
    with pytest.raises(IndexDamaged, match="manifest"):
        ask(store)


def test_a_search_in_one_process_follows_a_promotion_in_another(root: Path, batch: PassageBatch) -> None:
    reader, writer = LocalStore(root), LocalStore(root)
    assert ask(reader)[0].passage.body == "green pears"
    writer.build(manifest_of("two"), [PassageBatch(batch.passages, VECTORS[[1, 0, 2]])])
    writer.promote("docs", "two")
    writer.drop("docs", "one")
    found = reader.search("docs", vector=VECTORS[1], text="", model_id="model", limit=1)
    assert found[0].passage.body == "red apples"


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a/b", "a\x00b"])
def test_a_name_that_would_leave_the_folder_is_refused(root: Path, name: str) -> None:
    store = LocalStore(root)
    with pytest.raises(ValueError, match="cannot name a folder"):
        store.live(name)
    with pytest.raises(ValueError, match="cannot name a folder"):
        store.promote("docs", name)


@pytest.mark.slow
def test_a_killed_build_leaves_a_folder_that_the_next_build_removes(root: Path, batch: PassageBatch) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from datetime import UTC, datetime
        from retrieval.local_store import LocalStore
        from retrieval.vector_store import ReleaseManifest

        def batches():
            os.kill(os.getpid(), signal.SIGKILL)
            yield

        now = datetime(2026, 1, 1, tzinfo=UTC)
        manifest = ReleaseManifest("docs", "two", "Docs", "model", 8, "c1", "e1", 1, 3, now)
        LocalStore(Path({str(root)!r})).build(manifest, batches())
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False).returncode == -9
    home = root / "docs"
    assert len(list(home.glob(".building-*"))) == 1
    store = LocalStore(root)
    assert [release.release_id for release in store.releases("docs")] == ["one"]
    assert ask(store)[0].passage.body == "green pears"
    store.build(manifest_of("two"), [batch])
    assert list(home.glob(".building-*")) == []
    assert len(store.releases("docs")) == 2
