"""Every setting of the pipeline: `LORECHAT_...` variables, or the same names in the project's `.env`.

This is the only file of the pipeline that reads the environment; everything below gets what it needs as arguments.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from orchestration.workplace.worker_settings import WorkerSettings
from retrieval.embedding_settings import EmbeddingSettings
from retrieval.store_settings import StoreSettings

if TYPE_CHECKING:
    from assets.stages.sharding import Crew
    from assets.steps.chunk import ChunkingSettings
    from lake import Lake, ObjectFolder
    from orchestration.workplace.remote_crew import RemoteCrew
    from retrieval.embedder import Embedder
    from retrieval.vector_store import VectorStore
    from scrapers.source_catalog import SourceCatalog

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the code."""


class PipelineSettings(StoreSettings, EmbeddingSettings, WorkerSettings):
    """What a person may set; every field has a default that works on a laptop without keys and network."""

    model_config = SettingsConfigDict(
        env_prefix="LORECHAT_",
        env_file=PROJECT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    home: Path = Field(default=PROJECT / ".lorechat", description="holds all state of a laptop run")
    lake_url: str = Field(
        default="",
        validation_alias=AliasChoices("LORECHAT_LAKE", "lake_url"),
        description="the lake: a folder, or s3://bucket/prefix; empty: HOME/lake",
    )
    index: Path | None = Field(default=None, description="folder of index releases; empty: HOME/index")
    models: Path | None = Field(default=None, description="folder of prepared models; empty: HOME/models")
    sources: Path = Field(
        default=PROJECT / "scrapers" / "sources", description="folder of source files, beside the lake's own `sources/`"
    )

    s3_endpoint: str = Field(default="", description="address of an S3 that is not Amazon's")
    s3_region: str = Field(default="us-east-1", description="region of the bucket")
    s3_access_key_id: str = Field(default="", description="empty: the machine's own role")
    s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="empty: the machine's own role")
    s3_encryption: Literal["", "AES256", "aws:kms"] = Field(default="", description="empty: the bucket's own default")
    s3_kms_key: str = Field(default="", description="key of aws:kms; empty: the account's own for S3")

    embedding_engine: str = Field(default="auto", description="engine of the embedding model; auto: the fastest here")
    chunk_size: int = Field(default=254, ge=32, description="most tokens of a chunk")
    chunk_overlap: int | None = Field(default=None, ge=0, description="tokens neighbours share; empty: size / 4")
    workers: int | None = Field(default=None, ge=1, description="processes of a large stage; empty: one per core")
    keep_releases: int = Field(default=3, ge=1, description="index releases kept for rollback")
    keep_history_days: int = Field(default=30, ge=1, description="days that the tables can be looked back")
    keep_inbox_days: int | None = Field(default=None, ge=1, description="days that read inbox files are kept")
    inbox_settle_seconds: float = Field(default=5.0, ge=0, description="a dropped file that changed later waits")
    export: bool = Field(default=True, description="write documents as JSONL below processed/ of the lake's place")

    idempotency_table: str = Field(default="", description="table of what the function has done; empty: none")
    function_bytes: int = Field(default=32_000_000, ge=1_000, description="largest dropped object it reads")
    function_texts: int = Field(default=500, ge=0, description="most texts of a drop that it embeds")

    dagster_port: int = Field(default=3000, ge=1, le=65535, description="port of Dagster's webserver")
    chat_port: int = Field(default=8000, ge=1, le=65535, description="port of the chat")
    dagster_url: str = Field(default="", description="Dagster's address for people; empty: this machine's")
    chat_url: str = Field(default="", description="the chat's address for people; empty: this machine's")
    passages: int = Field(default=8, ge=1, le=30, description="passages that an answer may cite")

    metrics: Literal["", "emf"] = Field(
        default="", description="emf: write figures for CloudWatch into the log, a line of JSON each; empty: none"
    )
    traces: Literal["", "xray"] = Field(
        default="", description="xray: send a trace of each run that has ended to AWS X-Ray; empty: none"
    )
    metrics_stage: str = Field(
        default="laptop", pattern=r"^[A-Za-z0-9-]+$", description="deployment that figures and traces are about"
    )
    metrics_sources: int = Field(default=20, ge=0, description="sources with figures of their own; the rest has one")

    @property
    def lake_place(self) -> str:
        """Where the lake is: a folder or an `s3://` URL."""
        return self.lake_url or str(self.home / "lake")

    @property
    def index_folder(self) -> Path:
        """Where index releases are."""
        return self.index or self.home / "index"

    @property
    def models_folder(self) -> Path:
        """Where prepared models are kept."""
        return self.models or self.home / "models"

    @property
    def past_folder(self) -> Path:
        """Where releases of the past are made again to be asked; it can be deleted at any time."""
        return self.home / "past"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its runs and its `dagster.yaml`."""
        return self.home / "dagster"

    @property
    def dagster_address(self) -> str:
        """Where people open Dagster, without a slash at its end."""
        return (self.dagster_url or f"http://localhost:{self.dagster_port}").rstrip("/")

    @property
    def chat_address(self) -> str:
        """Where people open the chat, without a slash at its end."""
        return (self.chat_url or f"http://localhost:{self.chat_port}").rstrip("/")

    def storage_options(self) -> dict[str, str]:
        """The lake's credentials, as delta-rs names them; empty for a folder."""
        return self._storage_options(self.lake_place)

    def _storage_options(self, url: str) -> dict[str, str]:
        from lake.s3_options import s3_options

        return s3_options(
            url,
            endpoint=self.s3_endpoint,
            region=self.s3_region,
            key_id=self.s3_access_key_id,
            secret=self.s3_secret_access_key.get_secret_value(),
            encryption=self.s3_encryption,
            kms_key=self.s3_kms_key,
        )

    def lake(self) -> Lake:
        """The lake; nothing is opened yet."""
        from lake import Lake

        return Lake(self.lake_place, self.storage_options())

    def objects(self) -> ObjectFolder:
        """The files at the lake's place, beside its tables; nothing is opened yet."""
        from lake import ObjectFolder

        return ObjectFolder(self.lake_place, self.storage_options())

    def bucket(self, name: str) -> ObjectFolder:
        """A bucket beside the lake's, in the same S3; nothing is opened yet."""
        from lake import ObjectFolder

        url = f"s3://{name}"
        return ObjectFolder(url, self._storage_options(url))

    def catalog(self) -> SourceCatalog:
        """The source files: the local folder's, and those dropped into `sources/` at the lake's place."""
        from scrapers.source_catalog import SourceCatalog

        return SourceCatalog(self.sources, self.objects().below("sources"))

    def embedder(self) -> Embedder:
        """Load the embedding model. Errors: ModelUnavailable."""
        from retrieval.models import DEFAULT_MODEL, load_embedder

        return load_embedder(
            self.embedding_model or DEFAULT_MODEL,
            cache=self.models_folder,
            engine=self.embedding_engine,
            access=self.remote_access(),
        )

    def open_embedder(self, model_id: str) -> Embedder:
        """Load the embedding model that a release was made with. Errors: ModelUnavailable."""
        from retrieval.models import DEFAULT_MODEL, load_embedder_by_id

        name = self.embedding_model or DEFAULT_MODEL
        return load_embedder_by_id(model_id, cache=self.models_folder, name=name, access=self.remote_access())

    def remote_crew(self) -> RemoteCrew | None:
        """The workers of large stages and crawls on AWS; None where no function and no cluster is named."""
        from orchestration.workplace.opening import open_remote_crew

        return open_remote_crew(self)

    def crew(self) -> Crew:
        """The worker processes of large stages on this machine; none is started yet."""
        from assets.stages.sharding import Crew
        from assets.stages.worker_job import ModelChoice, model_environment
        from retrieval.models import DEFAULT_MODEL

        name = self.embedding_model or DEFAULT_MODEL
        model = ModelChoice(name=name, cache=self.models_folder, engine=self.embedding_engine)
        environment = self.environment() | model_environment(self.remote_access())
        return Crew(model=model, environment=environment, workers=self.workers)

    def store(self) -> VectorStore:
        """The index releases; nothing is opened yet. Errors: StoreUnreachable."""
        return self.open_store(self.index_folder)

    def chunking(self) -> ChunkingSettings:
        """How documents are cut."""
        from assets.steps.chunk import ChunkingSettings

        if self.chunk_overlap is None:
            return ChunkingSettings(size=self.chunk_size, overlap=self.chunk_size // 4)
        return ChunkingSettings(size=self.chunk_size, overlap=self.chunk_overlap)

    def environment(self) -> dict[str, str]:
        """The environment of a child process: sources name the variables that hold their sites' credentials."""
        return dict(os.environ)
