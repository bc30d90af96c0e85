"""The exported graph and its tokenizer in the cache folder, made once per weights."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retrieval import minilm
from retrieval.onnx_export import EXPORTER, export_minilm


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A folder with `model.onnx`, `tokenizer.json` and `manifest.json`, which holds their sha256. With it, neither
    torch nor the weights' package is needed, so a chat image may ship just this folder."""

    folder: Path

    @property
    def graph(self) -> Path:
        return self.folder / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer.json"

    def is_whole(self) -> bool:
        """Whether both files are byte for byte what was written."""
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text("utf-8"))
            return bool(manifest == _manifest(self.folder))
        except (OSError, ValueError):
            return False


def cached_minilm(cache: Path) -> CachedModel:
    """Return the default model's folder below `cache`, exporting it where it is missing or damaged.

    Several processes may ask at once: one exports, the others wait. A reader never sees half a folder.
    Errors: ModelUnavailable.
    """
    model = CachedModel(cache / f"minilm-{minilm.WEIGHTS_SHA256[:12]}-{EXPORTER}")
    if model.is_whole():
        return model
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{model.folder.name}.lock"):
        if not model.is_whole():
            _export(model.folder)
    return model


def _export(folder: Path) -> None:
    files = minilm.MiniLMFiles.installed()
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        export_minilm(files, aside / "model.onnx")
        shutil.copyfile(files.tokenizer, aside / "tokenizer.json")
        (aside / "manifest.json").write_text(json.dumps(_manifest(aside), indent=2), encoding="utf-8")
        if folder.exists():  # damaged: readers who opened it keep their open files
            shutil.rmtree(folder)
        os.rename(aside, folder)
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
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock; the kernel frees it when the process ends, however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
