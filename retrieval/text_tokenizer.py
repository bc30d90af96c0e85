"""Text to token ids, with the model's own tokenizer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tokenizers import Tokenizer

_SLICE = 65_536  # characters
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class TextTokenizer:
    """Cuts texts at `max_length` tokens, specials counted. Thread-safe: its tokenizers are never changed after init.

    Lone surrogates, which are no text, count as U+FFFD: offsets stay right and nothing fails.
    """

    def __init__(self, definition: str, max_length: int) -> None:
        """`definition` is the content of a tokenizer.json; the limits that it states are not used."""
        self._whole = _without_limits(definition)
        self._cut = _without_limits(definition)
        self._cut.enable_truncation(max_length)
        self.specials: int = self._whole.num_special_tokens_to_add(False)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's ids, specials included, at most `max_length`."""
        return [encoding.ids for encoding in self._cut.encode_batch_fast([self.valid(text) for text in texts])]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Return the text's tokens as (start, end) characters: no specials, nothing cut."""
        valid = self.valid(text)
        offsets: list[tuple[int, int]] = []
        for start, end in _slices(valid):
            found = self._whole.encode(valid[start:end], add_special_tokens=False).offsets
            offsets.extend((start + first, start + last) for first, last in found)
        return offsets

    @staticmethod
    def valid(text: str) -> str:
        """Return the text with U+FFFD for each lone surrogate."""
        return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def _slices(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text before line ends, which no token of these tokenizers spans: an encoding takes some 250 bytes for
    each byte of text, so a page of megabytes is encoded in parts."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _SLICE) if len(text) - start > _SLICE else -1
        end = len(text) if end < 0 else end
        yield start, end
        start = end


def _without_limits(definition: str) -> Tokenizer:
    tokenizer = Tokenizer.from_str(definition)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
