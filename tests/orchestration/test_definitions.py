"""The code location: what it holds, and that loading it opens nothing."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import dagster as dg

from orchestration.definitions import FLOW, defs
from orchestration.learning import LEARNING, learn_nightly
from orchestration.partitions import PARTITIONS

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


def test_every_check_is_judged_source_by_source() -> None:
    graph = defs.resolve_asset_graph()
    checks = [graph.get(key) for name in ORDER for key in graph.get(dg.AssetKey(name)).check_keys]
    assert {check.partitions_def.name for check in checks} == {PARTITIONS}


def test_work_that_must_not_run_many_times_at_once_has_its_pool() -> None:
    pools = {asset.key.to_user_string(): asset.node_def.pool for asset in FLOW if asset.node_def.pool}
    assert pools == {"raw_html": "crawl", "embeddings": "embed", "vector_index": "publish"}


def test_every_sensor_of_the_flow_is_on_from_the_start() -> None:
    sensors = {sensor.name: sensor.default_status for sensor in defs.sensors or []}
    assert {"source_files", "recrawl_schedules", "follow_changes"} <= set(sensors)
    assert set(sensors.values()) == {dg.DefaultSensorStatus.RUNNING}


def test_learning_runs_every_night_for_every_source() -> None:
    graph = defs.resolve_asset_graph()
    for asset in LEARNING:
        node = graph.get(asset.key)
        assert (node.group_name, node.partitions_def.name) == ("chat", PARTITIONS)
        assert len(node.description) > 100
        assert node.automation_condition is None
    with dg.DagsterInstance.local_temp() as instance:
        instance.add_dynamic_partitions(PARTITIONS, ["bees", "ants"])
        asked = learn_nightly(dg.build_schedule_context(instance=instance))
        assert [request.partition_key for request in asked] == ["ants", "bees"]
