"""Building and pushing images: the registry is ministack's, the engine a program that writes down what it is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.config.pushed import Pushed, with_pushed
from infra.config.stage_config import read_stage
from infra.images.engine import Engine, ImageError, find_engine
from infra.images.registry import Registry
from tests.ministack import ROOT, Ministack, ministack_server

_ENGINE = """#!{python}
import json, sys
given = sys.argv[1:]
password = sys.stdin.read() if "--password-stdin" in given else ""
with open({told!r}, "a") as told:
    told.write(json.dumps([given, password]) + "\\n")
if given[0] == "push":
    import boto3
    repository, _, tag = given[1].partition("/")[2].partition(":")
    manifest = json.dumps({{"schemaVersion": 2, "of": repository}})
    boto3.client("ecr").put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
sys.exit({fails!r} == given[0])
"""
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_DIGESTS = {name: f"sha256:{number:064x}" for number, name in enumerate(("chat", "dagster", "worker", "function"))}


@pytest.fixture(scope="module")
def account() -> Iterator[Ministack]:
    """An account of its own: repositories have the names of the stage's file."""
    with ministack_server() as server:
        yield server


def _engine(folder: Path, name: str = "docker", fails: str = "") -> Path:
    program = folder / name
    program.write_text(_ENGINE.format(python=sys.executable, told=str(folder / "told"), fails=fails))
    program.chmod(0o755)
    return program


def _told(folder: Path) -> list[list[str]]:
    return [json.loads(line)[0] for line in (folder / "told").read_text().splitlines()]


@pytest.mark.slow
def test_every_image_is_built_for_the_stages_architecture_and_pushed_and_its_digest_is_noted(
    account: Ministack, tmp_path: Path
) -> None:
    _engine(tmp_path)
    noted = tmp_path / "build" / "dev.json"
    command = [sys.executable, "-m", "infra.images", "dev", "--output", str(noted)]
    for _ in range(2):  # the repositories are made by the first run
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**account.environment(), "PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    ecr = account.client("ecr")
    pushed = Pushed.model_validate_json(noted.read_text())
    for image, repository in (("chat", "chat"), ("dagster", "dagster"), ("worker", "worker"), ("function", "lambda")):
        registry = Registry(ecr)
        assert pushed.of(image, "ARM64") == registry.digest(f"lorechat/{repository}", "dev")
    builds = [given for given in _told(tmp_path) if given[0] == "build"]
    assert [given[given.index("--target") + 1] for given in builds[:4]] == ["chat", "dagster", "worker", "lambda"]
    assert all(given[given.index("--platform") + 1] == "linux/arm64" for given in builds)
    assert all("--provenance=false" in given for given in builds)
    (scanned, *_) = ecr.describe_repositories(repositoryNames=["lorechat/chat"])["repositories"]
    assert scanned["imageScanningConfiguration"] == {"scanOnPush": True}


def test_a_password_is_never_an_argument(tmp_path: Path) -> None:
    _engine(tmp_path)
    Engine(str(tmp_path / "docker")).log_in("registry", "AWS", "hidden")
    ((given, password),) = (json.loads(line) for line in (tmp_path / "told").read_text().splitlines())
    assert "hidden" not in given
    assert password == "hidden"


def test_a_failing_engine_is_named_with_what_it_was_doing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="`docker push` failed with exit status 1"):
        Engine(str(_engine(tmp_path, fails="push"))).push("registry/lorechat/chat:dev")


def test_the_first_engine_that_runs_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match="Docker, Finch or Podman is needed"):
        find_engine()
    _engine(tmp_path, "docker", fails="info")  # a client without its daemon
    with pytest.raises(ImageError, match="docker cannot be used"):
        find_engine()
    _engine(tmp_path, "podman")
    assert find_engine().is_podman


def test_a_stage_takes_the_digests_that_were_pushed(tmp_path: Path) -> None:
    noted = tmp_path / "pushed.json"
    noted.write_text(json.dumps({**_DIGESTS, "function": {"ARM64": _DIGESTS["function"]}}))
    config = with_pushed(read_stage("dev"), noted)
    assert config.images.chat.tag == _DIGESTS["chat"]
    assert config.images.function.tag == _DIGESTS["function"]
    assert config.images.chat.repository == "lorechat/chat"
    other = config.model_copy(update={"architecture": "X86_64"})
    with pytest.raises(ValueError, match="no function was pushed for X86_64, only for ARM64"):
        with_pushed(other, noted)


def test_a_tag_is_no_digest() -> None:
    with pytest.raises(ValidationError, match="chat"):
        Pushed.model_validate({**_DIGESTS, "chat": "latest", "function": {}})


@pytest.mark.slow
def test_the_architectures_are_joined_but_for_the_function(account: Ministack, tmp_path: Path) -> None:
    ecr = account.client("ecr")
    files = []
    for architecture in ("ARM64", "X86_64"):
        digests: dict[str, object] = {}
        for name, repository in (
            ("chat", "chat"),
            ("dagster", "dagster"),
            ("worker", "worker"),
            ("function", "lambda"),
        ):
            Registry(ecr).ensure(f"lorechat/{repository}")
            manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": {"digest": f"{architecture} {name}"}}
            put = ecr.put_image(
                repositoryName=f"lorechat/{repository}",
                imageManifest=json.dumps(manifest),
                imageManifestMediaType=_MANIFEST,
                imageTag=f"abc-{architecture}",
            )
            digest = put["image"]["imageId"]["imageDigest"]
            digests[name] = {architecture: digest} if name == "function" else digest
        files.append(tmp_path / f"{architecture}.json")
        files[-1].write_text(json.dumps(digests))
    noted = tmp_path / "pushed.json"
    command = [sys.executable, "-m", "infra.images.join", "prod", "--tag", "abc", "--output", str(noted)]
    for _ in range(2):  # a workflow that is run again
        environment = {**account.environment(), "PATH": str(tmp_path)}
        done = subprocess.run([*command, *map(str, files)], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    pushed = Pushed.model_validate_json(noted.read_text())
    (image,) = ecr.batch_get_image(repositoryName="lorechat/chat", imageIds=[{"imageTag": "abc"}])["images"]
    assert image["imageId"]["imageDigest"] == pushed.chat
    parts = json.loads(image["imageManifest"])["manifests"]
    assert [part["platform"]["architecture"] for part in parts] == ["arm64", "amd64"]
    assert [part["digest"] for part in parts] == [json.loads(file.read_text())["chat"] for file in files]
    assert pushed.function == {file.stem: json.loads(file.read_text())["function"][file.stem] for file in files}
