"""Compile what an image imports at its start, and nothing else: `python bytecode.py chat`. Runs in a build only.

A root file system that cannot be written keeps no bytecode, so each start would compile thousands of files; the
bytecode of everything that is installed would take 90 MB. The files of what is really loaded take a quarter of that.
"""

from __future__ import annotations

import importlib
import py_compile
import sys
from pathlib import Path

_SEARCH = ("onnxruntime", "faiss", "tantivy", "tokenizers", "deltalake", "pyarrow.parquet", "pyarrow.compute")
LOADED = {
    "chat": (
        *_SEARCH,
        "chat_app.__main__",
        "chat_app.server",
        "chat_app.draining_server",
        "chainlit.server",
        "chainlit.utils",
        "uvicorn",
        "uvloop",
        "uvicorn.protocols.http.auto",
        "uvicorn.protocols.websockets.auto",
        "pydantic_ai.models.openai",
        "pydantic_ai.models.bedrock",
        "boto3",
        "psycopg",
        "aiosqlite",
        "alembic.command",
        "argon2",
    ),
    "worker": (
        *_SEARCH,
        "assets.worker",
        "assets.stages.extraction",
        "assets.stages.splitting",
        "assets.stages.embedding",
        "dagster_pipes",
        "boto3",
        "awslambdaric.bootstrap",
    ),
    "dagster": (
        *_SEARCH,
        "orchestration.definitions",
        "dagster_webserver",
        "dagster_aws.ecs",
        "dagster_aws.s3",
        "dagster_postgres",
        "dagster._cli",
        "dagster._daemon.cli",
        "dagster_webserver.cli",
        "scrapy.crawler",
    ),
}
ROOMS = Path("/app")


def main(image: str) -> None:
    for name in LOADED[image]:
        importlib.import_module(name)
    loaded = {Path(file) for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    ours = set(ROOMS.rglob("*.py"))
    for path in sorted(loaded | ours):
        if (path.suffix == ".py" and path.is_relative_to("/opt/venv")) or path in ours:
            py_compile.compile(str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOMS))
    main(sys.argv[1])
