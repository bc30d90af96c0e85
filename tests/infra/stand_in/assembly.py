"""A copy of what the CDK wrote, with nothing changed but what `departure.py` says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.infra.stand_in.departure import (
    PACKAGE,
    UNKNOWN,
    Resource,
    as_package,
    as_plain_alarm,
    is_computed_alarm,
    is_image_function,
    is_labelled_alarm,
    write_package,
)

_BUCKET = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
"""Where the cdk command uploads to."""


def write_stand_in(written: Path, target: Path) -> None:
    """Copy the assembly in `written` to `target`, which must not exist, and adapt its templates."""
    shutil.copytree(written, target)
    for path in target.glob("*.template.json"):
        template = json.loads(path.read_text())
        adapted = adapt(template)
        path.write_text(json.dumps(adapted, indent=1))
        if any(is_image_function(resource) for resource in template["Resources"].values()):
            _add_package(path.with_name(path.name.replace(".template.", ".assets.")))


def adapt(template: Resource) -> Resource:
    """Return the template without what is unknown there, and with the rest as `departure.py` says."""
    resources: dict[str, Resource] = template["Resources"]
    gone = {name for name, resource in resources.items() if is_left_out(resource)}
    kept = {name: _adapted(resource) for name, resource in resources.items() if name not in gone}
    adapted: Resource = _without({**template, "Resources": kept}, gone)
    return adapted


def is_left_out(resource: Resource) -> bool:
    """Whether ministack refuses the resource whole."""
    return resource["Type"] in UNKNOWN or is_computed_alarm(resource)


def _adapted(resource: Resource) -> Resource:
    if is_image_function(resource):
        return as_package(resource, _BUCKET)
    return as_plain_alarm(resource) if is_labelled_alarm(resource) else resource


def _without(part: Any, gone: set[str]) -> Any:
    """Return a part of a template in which the name of what is gone stands for its id and its attributes, and nothing
    waits for it."""
    if isinstance(part, list):
        return [_without(each, gone) for each in part]
    if not isinstance(part, dict):
        return part
    match part:
        case {"Ref": str(name)} if name in gone:
            return name
        case {"Fn::GetAtt": [str(name), *_]} if name in gone:
            return name
    kept = {key: _without(value, gone) for key, value in part.items()}
    if isinstance(waits := kept.get("DependsOn"), list):
        kept["DependsOn"] = [name for name in waits if not (isinstance(name, str) and name in gone)]
    return kept


def _add_package(manifest: Path) -> None:
    """Have the cdk command upload the function's package along with the template."""
    write_package(manifest.parent / PACKAGE)
    said = json.loads(manifest.read_text())
    ((_, template),) = ((name, file) for name, file in said["files"].items() if "template" in file["source"]["path"])
    said["files"][PACKAGE] = {
        "displayName": "the function's package",
        "source": {"path": PACKAGE, "packaging": "zip"},
        "destinations": {
            place: {**destination, "objectKey": f"{PACKAGE}.zip"}
            for place, destination in template["destinations"].items()
        },
    }
    manifest.write_text(json.dumps(said, indent=1))
