"""What a stage worker has to know, and how it is told.

The command is `worker_command(stage, source, shard)`, that is `python -m assets.worker STAGE --source S --shard k/n`.
The job (`WorkerJob`, JSON, nothing secret) comes in the environment variable JOB, as JSON or as the path of a file
that holds it, or as Dagster Pipes' extras. The lake's credentials come in the variable LAKE_OPTIONS, never in an
argument, so that no process list shows them; where it is not set the machine's own role opens the lake, with what the
job says of it (`lake_options`: region, encryption). In the same way MODEL_ACCESS holds what opens a remote embedding
model; where it is not set the worker's own settings do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_settings import SettingsConfigDict

from assets.stages.shard import Shard
from assets.steps.chunk import ChunkingSettings
from data_contracts.source import Source
from lake import Lake
from retrieval.embedder import Embedder
from retrieval.embedding_settings import EmbeddingSettings
from retrieval.error import ModelMismatch, ModelUnavailable
from retrieval.models import load_embedder
from retrieval.remote.access import RemoteAccess

JOB = "LORECHAT_WORKER_JOB"
LAKE_OPTIONS = "LORECHAT_WORKER_LAKE_OPTIONS"
MODEL_ACCESS = "LORECHAT_WORKER_MODEL_ACCESS"
CRAWL = "crawl"
STAGES = (CRAWL, "markdown", "chunks", "embeddings")
"""A crawl is one share: a site is visited by one process at a time."""

_OPEN_OPTIONS = frozenset(
    {
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ALLOW_HTTP",
        "AWS_SERVER_SIDE_ENCRYPTION",
        "AWS_SSE_KMS_KEY_ID",
        "AWS_SSE_BUCKET_KEY_ENABLED",
    }
)
"""The options of a lake that everybody may see."""


class ModelChoice(BaseModel):
    """Where a worker finds the embedding model: the arguments of `load_embedder`.

    `model_id` is what it must turn out to be, so that no worker makes vectors of its own kind; empty: whatever it is.
    `cache` is the folder of prepared models; None: the worker's own, on another machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cache: Path | None = None
    engine: str = "auto"
    model_id: str = ""

    def load(self, threads: int, access: RemoteAccess | None = None, *, own_cache: Path | None = None) -> Embedder:
        """Load the model; `access` opens a remote one, `own_cache` is the worker's own folder of prepared models.

        Raises ModelUnavailable, ModelMismatch.
        """
        cache = self.cache or own_cache
        if cache is None:
            raise ModelUnavailable("the worker knows no folder of prepared models: set LORECHAT_MODELS where it runs")
        embedder = load_embedder(self.name, cache=cache, engine=self.engine, threads=threads, access=access)
        if self.model_id not in ("", embedder.model_id):
            raise ModelMismatch(
                f"the worker's embedding model is {embedder.model_id}, and the stage's is {self.model_id}: give both "
                "the same models folder (LORECHAT_MODELS) and the same engine (LORECHAT_EMBEDDING_ENGINE)"
            )
        return embedder


class WorkerJob(BaseModel):
    """`threads` embed side by side (0: one for each of the worker's cores). `parent` is the process with which the
    worker ends (None: it ends by itself).

    A worker that comes after one that died is `careful`: what may kill a process runs in one of its own.
    `lake_options` open the lake for one who has a role of its own. `accept_removals` is the wish of a crawl, `run_id`
    the Dagster run that it belongs to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source
    lake: str
    model: ModelChoice
    chunking: ChunkingSettings = ChunkingSettings()
    threads: int = 1
    parent: int | None = None
    careful: bool = False
    lake_options: dict[str, str] = {}
    accept_removals: bool = False
    run_id: str | None = None

    @field_validator("lake_options")
    @classmethod
    def _hold_nothing_secret(cls, options: dict[str, str]) -> dict[str, str]:
        if secret := sorted(set(options) - _OPEN_OPTIONS):
            raise ValueError(f"a job may not hold {', '.join(secret)}: it is written down where others read it")
        return options


def worker_command(stage: str, source: str, shard: Shard) -> list[str]:
    """Return the command line of a worker."""
    return [sys.executable, "-m", "assets.worker", stage, "--source", source, "--shard", str(shard)]


def lake_environment(lake: Lake) -> dict[str, str]:
    """Return the worker's additional environment: what opens the lake."""
    return {LAKE_OPTIONS: json.dumps(lake.storage_options)}


def open_options(lake: Lake) -> dict[str, str]:
    """Return what a worker with a role of its own has to know to open the lake; nothing of it is secret."""
    return {name: value for name, value in lake.storage_options.items() if name in _OPEN_OPTIONS}


def model_environment(access: RemoteAccess) -> dict[str, str]:
    """Return the worker's additional environment: what opens a remote embedding model."""
    return {MODEL_ACCESS: access.model_dump_json()}


def model_access(environment: Mapping[str, str]) -> RemoteAccess:
    """Return what opens a remote embedding model, in the worker: what it was told, or what its own settings say."""
    told = environment.get(MODEL_ACCESS)
    return RemoteAccess.model_validate_json(told) if told else _OwnSettings().remote_access()


def own_models(environment: Mapping[str, str]) -> Path | None:
    """Return the worker's own folder of prepared models."""
    models, home = environment.get("LORECHAT_MODELS"), environment.get("LORECHAT_HOME")
    return Path(models) if models else Path(home) / "models" if home else None


def open_lake(job: WorkerJob, environment: Mapping[str, str]) -> Lake:
    """Open the job's lake, in the worker."""
    told = environment.get(LAKE_OPTIONS)
    return Lake(job.lake, json.loads(told) if told else job.lake_options)


class _OwnSettings(EmbeddingSettings):
    """The settings of the machine that a worker was started on."""

    model_config = SettingsConfigDict(env_prefix="LORECHAT_", env_ignore_empty=True, extra="ignore")
