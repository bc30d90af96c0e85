"""Every right that a stage's roles have, as text that a person can review in a diff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def permission_text(templates: dict[str, dict[str, Any]]) -> str:
    """Return a paragraph for each role of each stack, and for each policy of a resource."""
    return "\n".join(line for stack in sorted(templates) for line in _of_stack(stack, templates[stack]["Resources"]))


def _of_stack(stack: str, resources: dict[str, Any]) -> Iterator[str]:
    for name, resource in sorted(resources.items()):
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            yield f"\n{stack}: role {name}"
            yield from _statements("assumed: ", properties["AssumeRolePolicyDocument"])
            yield from (f"  managed: {_text(arn)}" for arn in properties.get("ManagedPolicyArns", []))
            for policy in properties.get("Policies", []):
                yield from _statements("", policy["PolicyDocument"])
        elif "PolicyDocument" in properties:
            of = properties.get("Roles") or properties.get("Bucket") or properties.get("Queues")
            yield f"\n{stack}: policy {name} of {_text(of)}"
            yield from _statements("", properties["PolicyDocument"])
        elif resource["Type"] == "AWS::Lambda::Permission":
            yield f"\n{stack}: {_text(properties['Principal'])} may {properties['Action']}, from "
            yield f"  {_text(properties.get('SourceArn'))}"


def _statements(before: str, document: dict[str, Any]) -> Iterator[str]:
    for statement in document["Statement"]:
        who = f" by {_text(statement['Principal'])}" if "Principal" in statement else ""
        yield f"  {before}{statement['Effect']} {_listed(statement['Action'])}{who}"
        if "Resource" in statement:
            yield f"      on {_listed(statement['Resource'])}"
        if "Condition" in statement:
            yield f"      if {_text(statement['Condition'])}"


def _listed(value: Any) -> str:
    return ", ".join(_text(item) for item in value) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if key == "Ref":
            return f"<{inner}>"
        if key == "Fn::GetAtt":
            return f"<{'.'.join(inner)}>"
        if key == "Fn::ImportValue":
            return f"<{_text(inner).partition(':')[2]}>"
        if key == "Fn::Join":
            return str(inner[0]).join(_text(part) for part in inner[1])
    return json.dumps(value, sort_keys=True)
