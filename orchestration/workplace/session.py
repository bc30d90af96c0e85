"""A Pipes session whose job and words lie on S3, at the lake's place, where every worker may read and write.

Not Dagster's reader for S3, which reads in a thread of its own: one line that it cannot read ends that thread, and
with it all news of the worker; and it waits ten seconds for the last words of a worker that died. Here the one that
waits for a worker reads, and what a worker has written is there when the worker has ended.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from botocore.exceptions import BotoCoreError, ClientError
from dagster._core.pipes.context import PipesMessageHandler
from dagster_aws.pipes import PipesS3ContextInjector
from dagster_pipes import PIPES_PROTOCOL_VERSION_FIELD, PipesParams

from assets.stages.worker_pipes import HEARD

HEARD_SECONDS = 60.0
"""So often a session's keeper writes that it listens."""


@dataclass(frozen=True)
class Post:
    """Where sessions keep what is said: `prefix` of a bucket, which `client` may write, read and delete."""

    client: Any
    bucket: str
    prefix: str

    def below(self, name: str) -> Post:
        """Return a place of its own for a session."""
        return Post(self.client, self.bucket, f"{self.prefix}/{name}-{secrets.token_hex(8)}")


class WordReader(dg.PipesMessageReader):
    """Reads a worker's messages when it is asked to."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._read = 0
        self._heard_at: float | None = None
        self._handler: PipesMessageHandler | None = None
        self.unreadable: list[str] = []

    @property
    def expected_writer_count(self) -> int:
        """One worker writes. (Dagster's own answer is the same, and warns that it is a preview.)"""
        return 1

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        """Tell the worker where to write; what it wrote is deleted in the end."""
        self._handler = handler
        self._listens()
        try:
            yield {"bucket": self._post.bucket, "key_prefix": self._post.prefix, HEARD: HEARD_SECONDS}
        finally:
            self._clear()

    def no_messages_debug_text(self) -> str:
        """Say where words were looked for."""
        return f"Looked for words of the worker at s3://{self._post.bucket}/{self._post.prefix}/."

    def look(self) -> None:
        """Handle what the worker has written since the last look. Trouble with S3 passes: the next look comes."""
        self._listens()
        while (text := self._next()) is not None:
            for line in text.splitlines():
                self._handle(line)

    def _listens(self) -> None:
        """Write now and then that somebody listens: a worker whose run was killed ends by itself."""
        now = time.monotonic()
        if self._heard_at is not None and now - self._heard_at < HEARD_SECONDS:
            return
        try:
            self._post.client.put_object(Bucket=self._post.bucket, Key=f"{self._post.prefix}/{HEARD}", Body=b"")
            self._heard_at = now
        except (ClientError, BotoCoreError):
            return  # it is tried again at the next look, long before the worker gives up

    def _next(self) -> str | None:
        try:
            found = self._post.client.get_object(Bucket=self._post.bucket, Key=self._key(self._read + 1))
            text = found["Body"].read().decode("utf-8", "replace")
        except (ClientError, BotoCoreError):
            return None
        self._read += 1
        return str(text)

    def _handle(self, line: str) -> None:
        assert self._handler is not None  # noqa: S101 - it is looked for words in a session only
        try:
            message = json.loads(line)
            if PIPES_PROTOCOL_VERSION_FIELD in message:
                self._handler.handle_message(message)
        except Exception as error:  # whatever a line holds, it may not keep the others from being heard
            self.unreadable.append(f"{line[:80]!r} ({type(error).__name__})")

    def _clear(self) -> None:
        for key in (f"{self._post.prefix}/{HEARD}", *(self._key(number) for number in range(1, self._read + 1))):
            try:
                self._post.client.delete_object(Bucket=self._post.bucket, Key=key)
            except (ClientError, BotoCoreError):
                return

    def _key(self, number: int) -> str:
        return f"{self._post.prefix}/{number}.json"


@dataclass
class Session:
    """An open session: `bootstrap` is what the worker is started with. `look` brings what it has said since."""

    bootstrap: Mapping[str, str]
    _pipes: Any = field(repr=False)
    _reader: WordReader = field(repr=False)
    _seen: int = 0

    def look(self) -> list[Mapping[str, Any]]:
        """Return the messages that came since the last look."""
        self._reader.look()
        messages = [message for message in self._pipes.get_custom_messages() if isinstance(message, Mapping)]
        new, self._seen = messages[self._seen :], len(messages)
        return new

    @property
    def unreadable(self) -> list[str]:
        """The lines that could not be read."""
        return self._reader.unreadable


@contextmanager
def open_session(context: dg.OpExecutionContext, post: Post, job: Mapping[str, Any]) -> Iterator[Session]:
    """Open a session with a worker that gets `job`. Errors: botocore's, when the job cannot be written."""
    reader = WordReader(post)
    injector = PipesS3ContextInjector(bucket=post.bucket, client=post.client, key_prefix=f"{post.prefix}/")
    with dg.open_pipes_session(
        context=context, context_injector=injector, message_reader=reader, extras=dict(job)
    ) as pipes:
        yield Session(pipes.get_bootstrap_env_vars(), pipes, reader)
