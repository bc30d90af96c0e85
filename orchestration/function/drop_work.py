"""One dropped object -> page versions, documents and chunks of its source, and JSONL below `processed/`.

The stages are the pipeline's own, told to work on the pages of this drop alone. An object that no source takes goes
through the same stages in a lake that is thrown away, so that its documents are written as well.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from data_contracts.identity import content_id
from data_contracts.source import Source
from lake import Lake
from orchestration.function.deadline import Deadline
from orchestration.function.drop import INCOMING, Drop
from orchestration.function.drop_pages import DropPages
from orchestration.function.dropped_object import DroppedObject
from orchestration.function.outcome import Failure, Outcome
from orchestration.function.processed import Processed
from scrapers.error import SourceError

if TYPE_CHECKING:
    from orchestration.function.observation import Observation
    from orchestration.settings import PipelineSettings
    from retrieval.embedder import Embedder

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NOBODY = Source(name="nobody", inbox=True)
"""Whose rules hold for what no source takes: pages of any host, the limits of every source."""


class DropWork:
    """Does drops, one after the other; what is expensive to open is kept for the next one."""

    def __init__(self, settings: PipelineSettings, observation: Observation) -> None:
        self._settings = settings
        self._observation = observation

    def do(self, drop: Drop, deadline: Deadline) -> Outcome:
        """Do one. What its content is to blame for is told in the outcome; an error means that another attempt may
        help: LakeError, RetrievalError, SourceError for a source's file that cannot be read, OutOfTime."""
        bucket = self._settings.bucket(drop.bucket)
        if not drop.is_readable:
            reason = "its name cannot be used: give every part of it between slashes a name without control characters"
            processed = Processed(bucket, drop, content_id(*drop.identity().values())[:8])
            return _refused(processed, drop, "bad_name", reason)
        try:
            dropped = DroppedObject(bucket, drop)
        except FileNotFoundError:
            return Outcome(remark="it was deleted before it could be read")
        file = dropped.file
        version = f"{file.modified_at:%Y%m%dT%H%M%SZ}-{content_id(drop.version, file.etag)[:8]}"
        processed = Processed(bucket, drop, version)
        if file.size > self._settings.function_bytes:
            return _refused(processed, drop, "too_large", self._too_large(file.size))
        with ExitStack() as leaving:
            source, remark = self._source(drop.folder)
            scratch = "" if source else leaving.enter_context(tempfile.TemporaryDirectory(prefix="lorechat-drop-"))
            lake = self._settings.lake() if source else Lake(scratch)
            pages = DropPages(source or _NOBODY, lake, deadline, self._observation)
            pages.bring(dropped, home=None if source else self._address(drop))
            documents = processed.documents(pages.documents())
            failures = processed.failures(failure.told(drop.key) for failure in pages.failures)
            counts = {"pages": len(pages.versions), "documents": documents}
            if source is not None and documents:
                counts |= pages.cut(self.embedder, self._settings.chunking(), most_texts=self._settings.function_texts)
        return Outcome(source.name if source else "", counts, failures, tuple(processed.written), remark)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model, loaded when the first page is cut."""
        return self._settings.embedder()

    def _source(self, folder: str) -> tuple[Source | None, str]:
        """Return the source that takes what lies in a folder, or None and what to do about it."""
        what = "only its documents were written, below processed/"
        if not _NAME.fullmatch(folder):
            return None, f"{folder!r} can be no source's name, so {what}; drop it below {INCOMING}<source>/"
        catalog = self._settings.catalog()
        try:
            source = catalog.load(folder)
        except SourceError:
            if folder in catalog.names():
                raise  # its file cannot be read: a person mends it
            return None, f"there is no source {folder!r}, so {what}; add it with `lorechat add`"
        if not source.inbox:
            return None, f"the source {folder!r} takes no drops, so {what}; add `inbox: true` to its file"
        return source, ""

    def _address(self, drop: Drop) -> str:
        """Where the object's folder is on the web: the only address of a page that names none itself."""
        folder = quote(drop.key.removesuffix(drop.path_in_folder))
        return f"https://{drop.bucket}.s3.{self._settings.s3_region}.amazonaws.com/{folder}"

    def _too_large(self, size: int) -> str:
        return (
            f"its {size:,} bytes are more than the {self._settings.function_bytes:,} that the function reads: split "
            "it, raise LORECHAT_FUNCTION_BYTES, or put it into the lake's inbox, which a run reads"
        )


def _refused(processed: Processed, drop: Drop, rule: str, reason: str) -> Outcome:
    """The outcome of an object that is not read at all."""
    lines: Iterator[dict[str, object]] = (failure.told(drop.key) for failure in [Failure(rule, reason)])
    return Outcome(failures=processed.failures(lines), files=tuple(processed.written), remark=reason)
