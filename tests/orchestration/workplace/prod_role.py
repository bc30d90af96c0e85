"""A role's rights as the stacks give them in production, with the names of a test's account put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.ministack import ACCOUNT, ROOT

_PERMISSIONS = ROOT / "tests" / "infra" / "permissions-of-prod.txt"
_FIXED = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT}
_STATEMENT = re.compile(r"^  Allow (?P<actions>.*)\n      on (?P<resources>.*)", re.MULTILINE)


def statements(policy: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the statements of the policy whose logical id begins with `policy`.

    `names` say what stands for a resource: `Lake` for `<Lake5F1B88EA.Arn>` or `<Lake5F1B88EA>`. Statements about
    resources that have no name here are left out: the account has no such thing. So are conditions: their keys
    (`ecs:cluster`, `ecs:CreateAction`, `iam:PassedToService`) are none that ministack tells of a request.
    """
    text = re.sub(r"\s*\n +(?=on |if )", lambda found: "\n      ", _PERMISSIONS.read_text())
    [block] = re.findall(rf"^data: policy {policy}[0-9A-F]{{8}} .*\n((?:  .*\n)+)", text, re.MULTILINE)
    found = []
    for match in _STATEMENT.finditer(block):
        resources = [_named(resource, names) for resource in match["resources"].split(", ")]
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": match["actions"].split(", "),
            "Resource": [resource for resource in resources if resource is not None],
        }
        if statement["Resource"]:
            found.append(statement)
    return found


def _named(resource: str, names: Mapping[str, str]) -> str | None:
    """Put the names in; None for a resource that has none."""
    unknown = []

    def name(match: re.Match[str]) -> str:
        said = match[1].removesuffix(".Arn")
        known = _FIXED.get(said) or names.get(re.sub(r"[0-9A-F]{8}$", "", said))
        unknown.extend([said] * (known is None))
        return known or ""

    put = re.sub(r"<([^>]+)>", name, resource)
    return None if unknown else put
