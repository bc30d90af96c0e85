"""Where index releases are: fields that the settings of pipeline and chat share, so that both mean one place.

Nothing is read here: the classes that inherit from this one say from where.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings

from retrieval.error import StoreUnreachable

if TYPE_CHECKING:
    from retrieval.async_reader import AsyncReader
    from retrieval.upstash.plan import UpstashPlan
    from retrieval.vector_store import VectorStore


class StoreSettings(BaseSettings):
    """Which vector store holds the releases, and what it needs."""

    vector_store: Literal["local", "upstash"] = Field(default="local", description="where index releases are kept")
    upstash_url: str = Field(
        default="",
        validation_alias=AliasChoices("UPSTASH_VECTOR_REST_URL", "upstash_url"),
        description="address of a hybrid index with cosine similarity",
    )
    upstash_token: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("UPSTASH_VECTOR_REST_TOKEN", "upstash_token"),
        description="its token; the read-only one is enough for the chat",
    )
    upstash_prefix: str = Field(default="lorechat", description="keeps deployments that share an index apart")
    upstash_rows: int = Field(default=500, ge=1, le=1000, description="rows of one upsert; the plan's limit")
    upstash_top: int = Field(default=100, ge=10, le=1000, description="most results of one query; the plan's limit")
    upstash_parallel: int = Field(default=4, ge=1, le=64, description="requests at once while a release is built")

    def upstash_plan(self) -> UpstashPlan:
        """What the plan allows."""
        from retrieval.upstash.plan import UpstashPlan

        return UpstashPlan(rows=self.upstash_rows, top=self.upstash_top, parallel=self.upstash_parallel)

    def open_store(self, folder: Path) -> VectorStore:
        """The index releases, in `folder` where they are kept locally; nothing is opened yet.

        Errors: StoreUnreachable when Upstash is chosen without an address or a token.
        """
        if self.vector_store == "local":
            from retrieval.local_store import LocalStore

            return LocalStore(folder)
        from retrieval.upstash.store import UpstashStore

        return UpstashStore(*self._upstash_access(), plan=self.upstash_plan(), prefix=self.upstash_prefix)

    def open_reader(self, folder: Path) -> AsyncReader:
        """The same releases, to be asked on an event loop. Errors: as `open_store`."""
        if self.vector_store == "local":
            from retrieval.async_reader import StoreReader
            from retrieval.local_store import LocalStore

            return StoreReader(LocalStore(folder))
        from retrieval.upstash.reader import UpstashReader

        return UpstashReader(*self._upstash_access(), plan=self.upstash_plan(), prefix=self.upstash_prefix)

    def _upstash_access(self) -> tuple[str, str]:
        """The index's address and token. Raises StoreUnreachable."""
        if not self.upstash_url or not self.upstash_token.get_secret_value():
            raise StoreUnreachable(
                "LORECHAT_VECTOR_STORE is upstash: set UPSTASH_VECTOR_REST_URL and UPSTASH_VECTOR_REST_TOKEN to those "
                "of a hybrid index, or LORECHAT_VECTOR_STORE to local."
            )
        return self.upstash_url, self.upstash_token.get_secret_value()
