"""What a stage worker has to know, and how it is told.

The command is `worker_command(stage, source, shard)`, that is `python -m assets.worker STAGE --source S --shard k/n`.
The job (`WorkerJob`, JSON, nothing secret) comes in the environment variable JOB, as JSON or as the path of a file
that holds it, or as Dagster Pipes' extras. The lake's credentials come in the variable LAKE_OPTIONS, never in an
argument, so that no process list shows them; where it is not set the machine's own role opens the lake. In the same
way MODEL_ACCESS holds what opens a remote embedding model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assets.stages.shard import Shard
from assets.steps.chunk import ChunkingSettings
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.error import ModelMismatch
from retrieval.models import load_embedder
from retrieval.remote.access import RemoteAccess

JOB = "LORECHAT_WORKER_JOB"
LAKE_OPTIONS = "LORECHAT_WORKER_LAKE_OPTIONS"
MODEL_ACCESS = "LORECHAT_WORKER_MODEL_ACCESS"
STAGES = ("markdown", "chunks", "embeddings")


class ModelChoice(BaseModel):
    """Where a worker finds the embedding model: the arguments of `load_embedder`.

    `model_id` is what it must turn out to be, so that no worker makes vectors of its own kind; empty: whatever it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cache: Path
    engine: str = "auto"
    model_id: str = ""

    def load(self, threads: int, access: RemoteAccess | None = None) -> Embedder:
        """Load the model; `access` opens a remote one. Raises ModelUnavailable, ModelMismatch."""
        embedder = load_embedder(self.name, cache=self.cache, engine=self.engine, threads=threads, access=access)
        if self.model_id not in ("", embedder.model_id):
            raise ModelMismatch(
                f"the worker's embedding model is {embedder.model_id}, and the stage's is {self.model_id}: give both "
                "the same models folder (LORECHAT_MODELS) and the same engine (LORECHAT_EMBEDDING_ENGINE)"
            )
        return embedder


class WorkerJob(BaseModel):
    """`threads` embed side by side. `parent` is the process with which the worker ends (None: it ends by itself).

    A worker that comes after one that died is `careful`: what may kill a process runs in one of its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source
    lake: str
    model: ModelChoice
    chunking: ChunkingSettings = ChunkingSettings()
    threads: int = 1
    parent: int | None = None
    careful: bool = False


def worker_command(stage: str, source: str, shard: Shard) -> list[str]:
    """Return the command line of a worker."""
    return [sys.executable, "-m", "assets.worker", stage, "--source", source, "--shard", str(shard)]


def lake_environment(lake: Lake) -> dict[str, str]:
    """Return the worker's additional environment: what opens the lake."""
    return {LAKE_OPTIONS: json.dumps(lake.storage_options)}


def model_environment(access: RemoteAccess) -> dict[str, str]:
    """Return the worker's additional environment: what opens a remote embedding model."""
    return {MODEL_ACCESS: access.model_dump_json()}


def model_access(environment: Mapping[str, str]) -> RemoteAccess:
    """Return what opens a remote embedding model, in the worker."""
    return RemoteAccess.model_validate_json(environment.get(MODEL_ACCESS) or "{}")


def open_lake(job: WorkerJob, environment: Mapping[str, str]) -> Lake:
    """Open the job's lake, in the worker."""
    return Lake(job.lake, json.loads(environment.get(LAKE_OPTIONS) or "{}"))
