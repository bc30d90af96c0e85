"""Every setting of the chat: `LORECHAT_...` variables, or the same names in the project's `.env`.

This is the only file of the chat that reads the environment; everything below gets what it needs as arguments.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chat_app.money.money_settings import MoneySettings
from chat_app.people.people_settings import PeopleSettings
from retrieval.embedding_settings import EmbeddingSettings
from retrieval.store_settings import StoreSettings

if TYPE_CHECKING:
    from chat_app.models.chain import ModelChain
    from lake import Lake
    from retrieval.async_reader import AsyncReader
    from retrieval.embedder import Embedder
    from retrieval.reranker import Reranker
    from retrieval.vector_store import VectorStore

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the code."""


class ChatSettings(PeopleSettings, MoneySettings, StoreSettings, EmbeddingSettings):
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
    handbook: Path | None = Field(default=None, description="folder of the built handbook; empty: HOME/handbook")

    s3_endpoint: str = Field(default="", description="address of an S3 that is not Amazon's")
    s3_region: str = Field(default="us-east-1", description="region of the bucket")
    s3_access_key_id: str = Field(default="", description="empty: the machine's own role")
    s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="empty: the machine's own role")
    s3_encryption: Literal["", "AES256", "aws:kms"] = Field(default="", description="empty: the bucket's own default")
    s3_kms_key: str = Field(default="", description="key of aws:kms; empty: the account's own for S3")

    chat_host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 opens it to the network")
    chat_port: int = Field(default=8000, ge=1, le=65535, description="port of the chat")
    chat_origins: str = Field(default="", description="other web origins that may open the chat, joined by commas")
    dagster_port: int = Field(default=3000, ge=1, le=65535, description="port of Dagster's webserver")
    dagster_url: str = Field(default="", description="Dagster's address for people; empty: this machine's")
    questions_per_minute: int = Field(default=20, ge=1, description="most questions of one address in a minute")
    database_url: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("LORECHAT_DATABASE", "database_url"),
        description="sqlite:////folder/file.db or postgresql://user:password@host/name; empty: HOME/chat/chat.db",
    )
    drain_seconds: float = Field(default=20.0, ge=0, description="seconds to finish answers when the chat is stopped")
    turns_at_once: int = Field(default=500, ge=1, description="most questions answered at once by one process")
    doors: Literal["local", "open", "keys"] = Field(
        default="local", description="who uses the API without a key: local programs, everybody (open), nobody (keys)"
    )
    metrics_key: SecretStr = Field(default=SecretStr(""), description="key of /metrics; empty: only this machine reads")
    metrics: Literal["", "emf"] = Field(
        default="", description="emf: write figures for CloudWatch into the log, a line of JSON each; empty: none"
    )
    metrics_stage: str = Field(
        default="laptop", pattern=r"^[A-Za-z0-9-]+$", description="deployment that the figures are about"
    )
    heartbeat_seconds: float = Field(default=12.0, gt=0, description="longest silence of a streamed answer")
    otlp_endpoint: str = Field(
        default="",
        validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp_endpoint"),
        description="address of an OpenTelemetry collector, such as http://127.0.0.1:4318; empty: no traces",
    )
    trace_questions: bool = Field(default=False, description="put the questions' words into traces")

    chat_model: str = Field(default="", description="language model; empty: a default of the provider")
    fast_models: str = Field(default="", description="models of the profile Fast, joined by commas; empty: chosen here")
    best_models: str = Field(default="", description="models of the profile Best, joined by commas; empty: chosen here")
    profile: Literal["fast", "best", "private"] = Field(
        default="fast", description="how questions are answered when nobody chooses"
    )
    router: bool = Field(default=False, description="choose fast or best by the question when the person chose nothing")
    bedrock: bool = Field(default=False, description="ask models of Amazon Bedrock, with the machine's credentials")
    local_url: str = Field(default="", description="OpenAI-compatible server of one's own beside the others, with /v1")
    local_model: str = Field(default="", description="model there; empty: the first that it offers")
    chat_timeout: float = Field(default=30.0, gt=0, description="seconds that a language model may stay silent")
    passages: int = Field(default=8, ge=1, le=30, description="passages that an answer may cite")
    section_tokens: int = Field(
        default=1_500, ge=0, description="tokens of text around the passages that a language model is shown; 0: none"
    )
    reranker: str = Field(default="", description="cross-encoder that orders passages anew: a name or a folder")
    stale_after_days: int = Field(default=30, ge=1, description="age in days from which a cited page is called old")
    history_tokens: int = Field(default=1_500, ge=0, description="tokens of earlier turns that a model is shown")
    follow_up_timeout: float = Field(default=4.0, gt=0, description="seconds for a model to put a follow-up in full")
    longest_question: int = Field(default=4_000, ge=1, description="most characters of a question")
    injection_policy: Literal["off", "flag", "refuse"] = Field(
        default="flag", description="what happens to questions that read like orders to the assistant"
    )
    guardrail_id: str = Field(default="", description="Amazon Bedrock guardrail that checks questions and answers")
    guardrail_version: str = Field(default="DRAFT", description="its version")
    openai_base_url: str = Field(
        default="",
        validation_alias=AliasChoices("OPENAI_BASE_URL", "openai_base_url"),
        description="address of an OpenAI-compatible server (Ollama, llama.cpp, vLLM), with its /v1",
    )

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
    def handbook_folder(self) -> Path:
        """Where the built handbook is, if it was built."""
        return self.handbook or self.home / "handbook"

    @property
    def interface_folder(self) -> Path:
        """Where the chat's interface keeps what it writes."""
        return self.home / "chat"

    @property
    def database_place(self) -> str:
        """The database's URL. May hold a password: never log it."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home.absolute() / 'chat' / 'chat.db'}"

    @property
    def is_local(self) -> bool:
        """Whether the chat listens on this machine alone, and people are not told another address of it."""
        return self.chat_host in ("127.0.0.1", "::1", "localhost") and not self.chat_url

    def session_secret(self) -> str:
        """What signs sessions: as set, or kept in the interface's folder. Errors: UnfitSetting."""
        from chat_app.people.secret import session_secret

        return session_secret(self.auth_secret.get_secret_value(), self.interface_folder)

    @property
    def origins(self) -> frozenset[str]:
        """Web origins, besides the chat's own address, that may talk to it."""
        return frozenset(origin.strip().rstrip("/") for origin in self.chat_origins.split(",") if origin.strip())

    @property
    def dagster_address(self) -> str:
        """Where people open Dagster, without a slash at its end."""
        return (self.dagster_url or f"http://localhost:{self.dagster_port}").rstrip("/")

    def storage_options(self) -> dict[str, str]:
        """The lake's credentials, as delta-rs names them; empty for a folder."""
        from lake.s3_options import s3_options

        return s3_options(
            self.lake_place,
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

    def store(self) -> VectorStore:
        """The index releases; nothing is opened yet. Errors: StoreUnreachable."""
        return self.open_store(self.index_folder)

    def reader(self) -> AsyncReader:
        """The same releases, for questions on the chat's loop; nothing is opened yet. Errors: StoreUnreachable."""
        return self.open_reader(self.index_folder)

    def embedder(self, model_id: str) -> Embedder:
        """Load the embedding model that a release was made with, on one thread: two that fight for a core are slower.

        Errors: ModelUnavailable.
        """
        from retrieval.models import DEFAULT_MODEL, load_embedder_by_id

        name = self.embedding_model or DEFAULT_MODEL
        return load_embedder_by_id(
            model_id, cache=self.models_folder, name=name, threads=1, access=self.remote_access()
        )

    def reranked_by(self) -> Reranker | None:
        """Who orders the best passages anew; nothing is loaded yet. None: nobody."""
        from retrieval.reranker import CrossEncoderReranker

        return CrossEncoderReranker(self.reranker) if self.reranker else None

    @property
    def has_language_model(self) -> bool:
        """Whether a provider of language models is configured."""
        return bool(self.openai_api_key.get_secret_value() or self.openai_base_url or self.local_url or self.bedrock)

    def answerer(self) -> ModelChain:
        """Who answers: the configured language models, then the pages' own sentences."""
        from chat_app.models.opening import open_models

        return open_models(self)
