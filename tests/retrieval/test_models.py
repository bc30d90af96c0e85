"""A name means one embedder, and stays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.engine import EngineSetup
from retrieval.engine_choice import Measurement, available_setups, chosen_setup, fastest, measured, remembered_setup
from retrieval.error import ModelUnavailable
from retrieval.minilm import MiniLMFiles
from retrieval.models import DEFAULT_MODEL, load_embedder, load_embedder_by_id
from retrieval.onnx_cache import CachedModel

FP32_ID = "all-MiniLM-L6-v2@53aa51172d14+fp32+mean+256"
BF16_ID = "all-MiniLM-L6-v2@53aa51172d14+bf16+mean+256"


@pytest.fixture
def home(exported: CachedModel, tmp_path: Path) -> CachedModel:
    """A cache folder that holds the model and remembers no engine yet."""
    (tmp_path / exported.folder.name).symlink_to(exported.folder)
    return CachedModel(tmp_path / exported.folder.name)


def _remember(home: CachedModel, setup: EngineSetup) -> None:
    choice = {"engine": setup.engine, "precision": setup.precision, "budget": setup.budget}
    home.folder.with_name("minilm-engine.json").write_text(json.dumps({"choice": choice}))


def test_importing_the_room_is_cheap() -> None:
    code = "import sys, retrieval.models; print([m for m in ('torch', 'onnxruntime', 'openvino') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_question_needs_no_torch(home: CachedModel) -> None:
    _remember(home, EngineSetup("openvino", "bf16", 1024))
    code = (
        "import sys; from pathlib import Path; from retrieval.models import load_embedder\n"
        "load_embedder(cache=Path(sys.argv[1])).embed_query('hello')\n"
        "print([name for name in ('torch', 'openvino', 'transformers') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(home.folder.parent)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
def test_the_engine_is_measured_once_and_remembered(home: CachedModel) -> None:
    first = chosen_setup(home, threads=2)
    assert remembered_setup(home) == first
    written = home.folder.with_name("minilm-engine.json").read_text()
    assert json.loads(written)["curve"]
    assert chosen_setup(home, threads=2) == first
    assert home.folder.with_name("minilm-engine.json").read_text() == written


def test_a_choice_that_cannot_be_read_is_measured_again(home: CachedModel) -> None:
    home.folder.with_name("minilm-engine.json").write_text('{"choice": {"engine"')
    assert remembered_setup(home) is None


def test_the_remembered_engine_decides_the_model_id(home: CachedModel) -> None:
    for precision, model_id in (("fp32", FP32_ID), ("bf16", BF16_ID)):
        _remember(home, EngineSetup("openvino", precision, 512))
        assert load_embedder(cache=home.folder.parent).model_id == model_id


def test_an_id_opens_what_a_release_names_whatever_is_remembered(home: CachedModel) -> None:
    for remembered in ("fp32", "bf16"):
        _remember(home, EngineSetup("openvino", remembered, 512))
        for model_id in (FP32_ID, BF16_ID):
            assert load_embedder_by_id(model_id, cache=home.folder.parent).model_id == model_id
            assert load_embedder(model_id, cache=home.folder.parent).model_id == model_id


def test_the_hub_name_means_the_packaged_model(home: CachedModel) -> None:
    _remember(home, EngineSetup("onnx", "fp32", 512))
    cache = home.folder.parent
    assert load_embedder("sentence-transformers/all-MiniLM-L6-v2", cache=cache).model_id == FP32_ID
    assert load_embedder(DEFAULT_MODEL, cache=cache).model_id == FP32_ID


@pytest.mark.parametrize("model_id", [FP32_ID.replace("53aa", "0000"), FP32_ID.replace("256", "128")])
def test_an_id_of_other_weights_or_length_is_refused(home: CachedModel, model_id: str) -> None:
    with pytest.raises(ModelUnavailable, match="build the index anew"):
        load_embedder_by_id(model_id, cache=home.folder.parent)


def test_an_index_of_another_model_names_both(home: CachedModel) -> None:
    _remember(home, EngineSetup("onnx", "fp32", 512))
    other = "bge-small-en-v1.5@0123456789ab+fp32+cls+512"
    with pytest.raises(ModelUnavailable, match=r"made with bge-small.*all-MiniLM-L6-v2@53aa"):
        load_embedder_by_id(other, cache=home.folder.parent)


def test_an_engine_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no engine 'tpu'; there are: auto, onnx"):
        load_embedder(cache=tmp_path, engine="tpu")


def test_another_precision_must_be_worth_it() -> None:
    exact, rounded = EngineSetup("onnx", "fp32", 512), EngineSetup("openvino", "bf16", 512)
    assert fastest([Measurement(exact, 100), Measurement(rounded, 110)]) == exact
    assert fastest([Measurement(exact, 100), Measurement(rounded, 190)]) == rounded
    faster = EngineSetup("openvino", "fp32", 512)
    assert fastest([Measurement(exact, 100), Measurement(faster, 101)]) == faster


@pytest.mark.slow
def test_every_setup_of_this_machine_can_be_measured(exported: CachedModel) -> None:
    setups = {setup.engine: setup for setup in available_setups()}
    points = list(measured(exported, list(setups.values()), threads=2))
    assert [point.setup for point in points] == list(setups.values())
    assert all(point.rows_per_second > 0 for point in points)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["no-such/model", "no such model", "/no/such/folder"])
def test_a_model_that_is_not_here_is_not_downloaded(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelUnavailable, match="LoreChat downloads none"):
        load_embedder(name, cache=tmp_path)


@pytest.mark.slow
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("no weights")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load_embedder(str(tmp_path), cache=tmp_path)


@pytest.mark.slow
def test_prompts_of_a_model_are_used_and_named(tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(MiniLMFiles.installed().folder, tmp_path / "asking")
    settings = folder / "config_sentence_transformers.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "prompts": {"query": "question: "}}))
    plain = load_embedder(str(MiniLMFiles.installed().folder), cache=tmp_path)
    asking = load_embedder(str(folder), cache=tmp_path)
    assert asking.embed_query("hello") @ plain.embed_query("question: hello") > 0.9999
    assert asking.embed_query("hello") @ plain.embed_query("hello") < 0.99
    assert asking.embed_passages(["hello"])[0] @ plain.embed_query("hello") > 0.9999
    assert asking.model_id.startswith("asking@53aa51172d14+fp32+mean+256+")
    assert load_embedder_by_id(asking.model_id, cache=tmp_path, name=str(folder)).model_id == asking.model_id
