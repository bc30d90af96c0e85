"""`python -m infra.github --output build/cdk/github` writes the template of GitHub's roles, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.github.github_config import GitHubConfig, read_github
from infra.github.github_stack import GitHubStack


def build_app(config: GitHubConfig, output: Path) -> App:
    """Return the app with its one stack; `synth` writes it to `output`."""
    app = App(outdir=str(output), context={"@aws-cdk/core:validateAgainstDefaultRules": True})
    Validations.of(app).add_plugins(AwsSolutionsChecks())
    GitHubStack(app, "lorechat-github", config=config)
    Tags.of(app).add("project", "lorechat")
    return app


def main(arguments: Sequence[str]) -> int:
    """Write the template."""
    parser = argparse.ArgumentParser(prog="python -m infra.github", description="Write the roles of GitHub Actions.")
    parser.add_argument("--output", type=Path, required=True, help="folder for the template")
    build_app(read_github(), parser.parse_args(arguments).output).synth()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
