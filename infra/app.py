"""The CDK app of a stage: `python -m infra.app dev --output build/cdk/dev` writes its templates, offline.

Every stack is checked by cdk-nag's AwsSolutions rules while it is written; what is not acknowledged is an error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.config.pushed import with_pushed
from infra.config.stage_config import StageConfig, read_stage
from infra.stacks.data_stack import DataStack
from infra.stacks.edge_stack import EdgeStack
from infra.stacks.monitoring_stack import MonitoringStack
from infra.stacks.service_stack import ServiceStack


def build_app(config: StageConfig, output: Path) -> App:
    """Return the stage's stacks; `synth` writes them to `output`."""
    # CloudFormation's rules are errors, not only warnings.
    app = App(outdir=str(output), context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    edge = EdgeStack(app, f"{config.prefix}-edge", config=config)
    data = DataStack(app, f"{config.prefix}-data", config=config, edge=edge)
    service = ServiceStack(app, f"{config.prefix}-service", config=config, edge=edge, data=data)
    MonitoringStack(app, f"{config.prefix}-monitoring", config=config, edge=edge, data=data, service=service)
    for name, value in (("project", "lorechat"), ("stage", config.stage)):
        Tags.of(app).add(name, value)
    return app


def main(arguments: Sequence[str]) -> int:
    """Write the templates of a stage."""
    parser = argparse.ArgumentParser(prog="python -m infra.app", description="Write the templates of a stage.")
    parser.add_argument("stage", choices=["dev", "staging", "prod"])
    parser.add_argument("--output", type=Path, required=True, help="folder for the templates")
    parser.add_argument(
        "--images", type=Path, help="digests of pushed images, in place of the tags in the stage's file"
    )
    given = parser.parse_args(arguments)
    config = read_stage(given.stage)
    build_app(with_pushed(config, given.images) if given.images else config, given.output).synth()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
