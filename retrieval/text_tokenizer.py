"""Text to token ids, with the model's own tokenizer file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from retrieval.minilm import file_sha256

SPECIALS = 2
"""[CLS] and [SEP] around every text."""


class TextTokenizer:
    """Cuts texts at `max_length` tokens, specials counted. Thread-safe: the tokenizer is never changed after init."""

    def __init__(self, path: Path, max_length: int) -> None:
        self.tokenizer_id = file_sha256(path)[:12]
        self.max_length = max_length
        self._whole = _without_limits(path)
        self._cut = _without_limits(path)
        self._cut.enable_truncation(max_length)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's ids, specials included, at most `max_length`."""
        return [encoding.ids for encoding in self._cut.encode_batch_fast(list(texts))]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the text's tokens as (start, end) characters: no specials, nothing cut."""
        offsets: list[tuple[int, int]] = self._whole.encode(text, add_special_tokens=False).offsets
        return offsets


def _without_limits(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()  # the file itself asks for 128 tokens,
    tokenizer.no_padding()  # padded
    return tokenizer
