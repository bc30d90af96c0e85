"""The handbook's page on settings, `.env.example` and the source page tell what the code reads, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import AliasChoices, BaseModel
from pydantic_core import PydanticUndefined

from chat_app.settings import ChatSettings
from data_contracts.source import Source
from data_contracts.verdict import Verdict
from orchestration.settings import PROJECT, PipelineSettings


def _settings() -> dict[str, object]:
    """Every environment variable that a settings class reads, with its default."""
    found: dict[str, object] = {}
    for settings in (PipelineSettings, ChatSettings):
        for name, field in settings.model_fields.items():
            alias = field.validation_alias
            variable = str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"LORECHAT_{name.upper()}"
            found[variable] = field.default
    return found


def _documented(page: str) -> dict[str, str]:
    """The first two columns of every table row of a page that begins with code."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.*?) \|", (PROJECT / "docs" / page).read_text(), re.MULTILINE))


def test_the_handbook_lists_every_setting() -> None:
    assert set(_documented("settings.md")) == set(_settings()) | {"LORECHAT_DEBUG"}


@pytest.mark.parametrize(("variable", "default"), sorted(_settings().items()), ids=lambda value: str(value)[:40])
def test_the_handbook_tells_the_default_of_a_setting(variable: str, default: object) -> None:
    documented = _documented("settings.md")[variable]
    if isinstance(default, int | float) or (isinstance(default, str) and default):
        assert documented == f"`{default}`"


def test_the_example_file_holds_every_setting_with_its_default() -> None:
    lines = re.findall(r"^#([A-Z0-9_]+)=(.*)$", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    assert {name for name, _ in lines} == set(_settings())
    for name, value in lines:
        default = _settings()[name]
        if isinstance(default, Path):
            assert default == PROJECT / value
        elif isinstance(default, int | float | str):
            assert value == str(default), name
        else:
            assert value == "", name


def test_the_example_file_is_commented_out_so_that_copying_it_changes_nothing() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines)


def _fields(model: type[BaseModel], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= _fields(kind, f"{prefix}{name}.")
        else:
            found[prefix + name] = field.default
    return found


def test_the_handbook_lists_every_field_of_a_source_with_its_default() -> None:
    documented, fields = _documented("sources.md"), _fields(Source)
    assert set(documented) == set(fields)
    for name, default in fields.items():
        if default is PydanticUndefined or default is None or default in ((), ""):
            continue
        assert documented[name] == f"`{str(default).lower() if isinstance(default, bool) else default}`", name


def test_the_handbook_explains_every_verdict() -> None:
    assert set(_documented("commands.md")) == {verdict.value for verdict in Verdict}
