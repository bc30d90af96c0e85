"""The code location: what it holds, and that loading it opens nothing."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.definitions import FLOW, defs
from orchestration.partitions import PARTITIONS, source_files

ORDER = ["raw_html", "markdown", "chunks", "embeddings", "vector_index"]


def test_the_flow_is_one_chain_of_assets_partitioned_by_source() -> None:
    graph = defs.resolve_asset_graph()
    assert [asset.key.to_user_string() for asset in FLOW] == ORDER
    for before, after in pairwise(ORDER):
        assert graph.get(dg.AssetKey(after)).parent_keys == {dg.AssetKey(before)}
    assert {graph.get(asset.key).partitions_def.name for asset in FLOW} == {PARTITIONS}


def test_every_asset_teaches_and_is_checked_before_its_downstream_runs() -> None:
    graph = defs.resolve_asset_graph()
    for name in ORDER:
        node = graph.get(dg.AssetKey(name))
        assert len(node.description) > 100
        assert node.kinds
        assert node.owners == ["team:pipeline"]
        assert node.code_version
        checks = [graph.get(key) for key in node.check_keys]
        assert checks
        assert all(check.blocking and check.description for check in checks)


def test_only_the_assets_after_the_crawl_run_by_themselves() -> None:
    graph = defs.resolve_asset_graph()
    automatic = {name for name in ORDER if graph.get(dg.AssetKey(name)).automation_condition is not None}
    assert automatic == set(ORDER) - {"raw_html"}


def test_loading_the_definitions_imports_nothing_heavy() -> None:
    heavy = {"polars", "scrapy", "torch", "sentence_transformers", "faiss", "onnxruntime", "chainlit", "trafilatura"}
    code = f"import sys, orchestration.definitions; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of source files that the settings name."""
    monkeypatch.setenv("LORECHAT_SOURCES", str(tmp_path))
    return tmp_path


def test_a_new_source_file_gets_its_partition(sources: Path) -> None:
    (sources / "docs.yaml").write_text(yaml.safe_dump({"name": "docs", "start_urls": ["https://example.test/"]}))
    with dg.DagsterInstance.ephemeral() as instance:
        result = source_files(dg.build_sensor_context(instance=instance))
        assert isinstance(result, dg.SensorResult)
        [request] = result.dynamic_partitions_requests or []
        assert list(request.partition_keys) == ["docs"]
        instance.add_dynamic_partitions(PARTITIONS, ["docs"])
        assert isinstance(source_files(dg.build_sensor_context(instance=instance)), dg.SkipReason)


def test_a_broken_source_file_is_named_and_does_not_fail_the_sensor(sources: Path) -> None:
    (sources / "docs.yaml").write_text("name: [")
    with dg.DagsterInstance.ephemeral() as instance:
        result = source_files(dg.build_sensor_context(instance=instance))
    assert isinstance(result, dg.SkipReason)
    assert "docs.yaml" in (result.skip_message or "")
