"""The exported graph and its tokenizer in the cache folder, made once per weights."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval import minilm
from retrieval.error import ModelUnavailable
from retrieval.onnx_export import EXPORTER, export_minilm

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A folder with `model.onnx`, `tokenizer.json` and `manifest.json`, which holds their sha256. With it, neither
    torch nor the weights' package is needed, so an image for the chat may ship just this folder."""

    folder: Path

    @property
    def graph(self) -> Path:
        return self.folder / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    def is_whole(self) -> bool:
        """Whether the tokenizer is the model's and the graph byte for byte what was exported."""
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text("utf-8"))
            found = _manifest(self.folder)
        except (OSError, ValueError):
            return False
        return bool(manifest == found and found["tokenizer_sha256"] == minilm.TOKENIZER_SHA256)


def cached_minilm(cache: Path) -> CachedModel:
    """Return the default model's folder below `cache`, exporting it where it is missing or damaged.

    Several processes may ask at once: one exports, the others wait. A reader never sees half a folder, and a whole
    one is only read, so it may lie on a read-only disk. Errors: ModelUnavailable.
    """
    model = CachedModel(cache / f"minilm-{minilm.WEIGHTS_SHA256[:12]}-{EXPORTER}")
    if model.is_whole():
        return model
    with locked(model.folder):
        if not model.is_whole():
            logger.info("Preparing the embedding model %s, once: about 10 seconds", minilm.NAME)
            _export(model.folder)
    return model


def _export(folder: Path) -> None:
    files = minilm.MiniLMFiles.installed()
    for leftover in folder.parent.glob(f".{folder.name}-*"):  # of a process that was killed while it exported
        shutil.rmtree(leftover)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        export_minilm(files, aside / "model.onnx")
        shutil.copyfile(files.tokenizer, aside / "tokenizer.json")
        (aside / "manifest.json").write_text(json.dumps(_manifest(aside), indent=2), encoding="utf-8")
        aside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _manifest(folder: Path) -> dict[str, str]:
    return {
        "exporter": EXPORTER,
        "weights_sha256": minilm.WEIGHTS_SHA256,
        "graph_sha256": minilm.file_sha256(folder / "model.onnx"),
        "tokenizer_sha256": minilm.file_sha256(folder / "tokenizer.json"),
    }


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the exclusive lock of a cache folder; the kernel frees it when the process ends, however it ends.

    Errors: ModelUnavailable where the folder's parent cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        file = folder.with_name(f"{folder.name}.lock").open("w")
    except OSError as error:
        raise ModelUnavailable(
            f"The folder of embedding models, {folder.parent}, cannot be written: {error}"
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
