"""What cdk-nag, cfn-lint and people say about whole stages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import Stage
from tests.infra.permission_text import permission_text

pytestmark = pytest.mark.slow

_REVIEWED = Path(__file__).with_name("permissions-of-prod.txt")
_NOT_ASKED = {
    "W3005": "CDK names dependencies twice",
    "W3010": "a stage names its availability zones, so that a new one changes nothing",
    "W3045": "CloudFront's logs come with an access control list",
}


def test_no_rule_of_cdk_nag_is_broken_without_a_reason(stage: Stage) -> None:
    """Writing the templates would have failed; here is what it reported."""
    report = json.loads((stage.folder / "validation-report.json").read_text())
    assert not [found for plugin in report["pluginReports"] for found in plugin.get("violations", [])]


def test_a_broken_rule_stops_the_writing_of_templates(tmp_path: Path) -> None:
    from aws_cdk import App, Stack, Validations
    from aws_cdk import aws_s3 as s3
    from cdk_nag import AwsSolutionsChecks

    app = App(outdir=str(tmp_path))
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    s3.Bucket(Stack(app, "careless"), "Open")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_cloudformation_would_take_every_template(stage: Stage) -> None:
    templates = sorted(str(path) for path in stage.folder.glob("*.template.json"))
    assert len(templates) == len(stage.templates)
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", *_NOT_ASKED, "--template", *templates]
    done = subprocess.run(lint, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


def test_every_right_was_reviewed(prod: Stage, tmp_path: Path) -> None:
    """Read the difference as you would read code, and then copy the new text."""
    written = tmp_path / _REVIEWED.name
    written.write_text(permission_text(prod.templates) + "\n")
    assert written.read_text() == _REVIEWED.read_text(), f"reviewed? cp {written} {_REVIEWED}"


def test_no_statement_allows_everything(stage: Stage) -> None:
    text = permission_text(stage.templates)
    assert "Allow *" not in text
    assert "iam:*" not in text


def test_everything_carries_the_tags_of_its_costs(stage: Stage) -> None:
    for template in stage.templates.values():
        for resource in template["Resources"].values():
            tags = resource.get("Properties", {}).get("Tags")
            if isinstance(tags, list):
                named = {tag["Key"]: tag["Value"] for tag in tags}
                assert (named["project"], named["stage"]) == ("lorechat", stage.name)
