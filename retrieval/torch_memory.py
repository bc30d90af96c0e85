"""What torch says when a batch does not fit the memory of a GPU, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from retrieval.error import BatchTooLarge


@contextmanager
def shortage_named() -> Iterator[None]:
    """Raise BatchTooLarge where torch raises OutOfMemoryError. Imports torch."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise BatchTooLarge(
            f"the embedding model has no memory left on its device: {error}. End what else uses it"
        ) from error
