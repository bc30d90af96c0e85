from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from infra.config.stage_config import FOLDER, StageConfig, read_stage
from infra.config.workload import TaskSize


def _dev(**changes: object) -> dict[str, object]:
    return {**yaml.safe_load((FOLDER / "dev.yaml").read_text()), **changes}


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_every_stage_that_is_shipped_can_be_read(stage: str) -> None:
    assert read_stage(stage).stage == stage


def test_a_name_that_no_setting_has_is_an_error() -> None:
    with pytest.raises(ValidationError, match="monthly_euros"):
        StageConfig.model_validate(_dev(monthly_euros=5))


def test_a_stage_that_people_use_needs_a_domain() -> None:
    with pytest.raises(ValidationError, match="a domain is needed"):
        StageConfig.model_validate(_dev(stage="prod"))


def test_a_file_of_another_stage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "staging.yaml").write_text((FOLDER / "dev.yaml").read_text())
    with pytest.raises(ValueError, match=r"staging\.yaml says that it is of the stage dev"):
        read_stage("staging", tmp_path)


def test_the_chat_may_ask_only_models_named_in_full() -> None:
    chat = {"size": {"cpu": 512, "memory": 1024}, "bedrock_models": ["arn:aws:bedrock:us-east-1::foundation-model/*"]}
    with pytest.raises(ValidationError, match="without wildcards"):
        StageConfig.model_validate(_dev(chat=chat))


def test_a_size_that_fargate_lacks_is_refused() -> None:
    with pytest.raises(ValidationError, match="Fargate has no task of 256 CPU units with 8192 MiB"):
        TaskSize(cpu=256, memory=8192)


def test_zones_of_another_region_are_refused() -> None:
    with pytest.raises(ValidationError, match="not in us-east-1: eu-central-1a"):
        StageConfig.model_validate(_dev(zones=["us-east-1a", "eu-central-1a"]))
