"""Take out of an image's environment what nothing imports: `python trim.py /opt/venv`. Runs in a build only.

What goes: tests, headers and C libraries for linking, machine code that Python never loads, models of AWS services that
nobody calls, and symbols in shared libraries. What is left is proved by the tests of the images.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

UNUSED = (
    "*/tests",
    "*/test",
    "*/*/tests",
    "*/*/*/tests",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/lib*_flight.so*",
    "pyarrow/_flight.*",
    "pyarrow/libarrow_s3.so*",
    "pyarrow/_s3fs.*",
    "pyarrow/libarrow_python.so",  # the linker's name: programs load the one with a number
    "onnxruntime/capi/libonnxruntime.so*",  # for programs in C; Python's extension holds it all itself
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/datasets",
    "numpy/_core/include",
    "numpy/f2py",
    "numpy/random/lib",
    "numpy/_core/lib",
    "chainlit/copilot/dist/*",  # the toolkit wants the folder
    "chainlit/frontend/dist/**/*.map",
)
"""Patterns below site-packages."""

NEEDED_TESTS = ("numpy/testing", "dataframely/testing")
AWS_SERVICES = frozenset(
    [
        "bedrock",
        "bedrock-runtime",
        "cloudwatch",
        "dynamodb",
        "ec2",
        "ecs",
        "events",
        "iam",
        "kms",
        "lambda",
        "logs",
        "resourcegroupstaggingapi",
        "s3",
        "secretsmanager",
        "signin",
        "sns",
        "sqs",
        "ssm",
        "sso",
        "sso-oidc",
        "sts",
        "tagging",
        "xray",
    ]
)
"""Of botocore's four hundred: what the chat, the pipeline and dagster-aws call, and what logs in."""


def main(environment: Path) -> None:
    packages = next(environment.glob("lib/python3*/site-packages"))
    for pattern in UNUSED:
        for path in sorted(packages.glob(pattern)):
            _remove(path)
    for folder in (packages / "botocore" / "data").glob("*/"):
        if folder.is_dir() and folder.name not in AWS_SERVICES:
            shutil.rmtree(folder)
    for library in sorted(packages.rglob("*.so*")):
        if library.is_file() and not library.is_symlink():
            _strip(library)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()


def _strip(library: Path) -> None:
    """Take the symbols out that only debuggers and linkers read. OpenBLAS of wheels was patched: it stays as it is."""
    if "blas" in library.name or ".libs" in library.parent.name:
        return
    aside = library.with_name(library.name + ".aside")
    done = subprocess.run(["strip", "--strip-unneeded", "-o", aside, library], stderr=subprocess.DEVNULL)  # noqa: S603, S607  a build's own strip
    if done.returncode == 0:
        aside.chmod(library.stat().st_mode)
        aside.replace(library)
    aside.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
