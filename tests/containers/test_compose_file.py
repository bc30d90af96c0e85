"""compose.yaml as text: it is a Compose file, and all that it names is there. Running it is test_containers.py's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.containers.compose_stack import compose_file
from tests.containers.podman import ROOT

TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, Any] = compose_file()["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("localhost/")}
LIBPQ = {"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD"}


def test_it_is_what_the_compose_specification_calls_a_compose_file() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    command = [checker, "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_only_this_machine_can_reach_it() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert not any("network_mode" in service for service in SERVICES.values())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", OURS)
def test_a_variable_of_ours_is_a_setting(name: str) -> None:
    known = set(re.findall(r"^#(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(OURS[name]["environment"]) <= known | LIBPQ


def test_what_it_mounts_is_there_and_every_volume_is_declared_and_used() -> None:
    sources = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    files = {source for source in sources if source.startswith("./")}
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert sources - files == set(compose_file()["volumes"])


def test_what_it_builds_are_targets_of_the_dockerfile() -> None:
    builds = [service["build"] for service in SERVICES.values() if "build" in service]
    assert {build["target"] for build in builds} == {"chat", "dagster"}
    for build in builds:
        assert f" AS {build['target']}\n" in (ROOT / build["dockerfile"]).read_text()


def test_every_variable_that_a_person_may_give_is_explained_in_its_head() -> None:
    head = TEXT.partition("\nname:")[0]
    assert [name for name in set(re.findall(r"\$\{(\w+)", TEXT)) if name not in head] == []


def test_addresses_in_the_files_beside_it_are_those_of_services() -> None:
    folder = ROOT / "infra" / "compose"
    assert "proxy_pass http://chat:8000;" in (folder / "nginx.conf").read_text()
    assert re.search(r"host: code\n\s+port: 4000", (folder / "workspace.yaml").read_text())
    hosts = set(re.findall(r"(?:http://|@)([a-z]+):\d", TEXT)) - {"localhost"}
    assert hosts <= set(SERVICES)


def test_the_databases_are_the_two_that_services_use() -> None:
    made = (ROOT / "infra/compose/databases.sql").read_text()
    assert f"CREATE DATABASE {OURS['code']['environment']['PGDATABASE']};" in made
    assert OURS["chat"]["environment"]["LORECHAT_DATABASE"].endswith(
        f"/{SERVICES['postgres']['environment']['POSTGRES_DB']}"
    )
