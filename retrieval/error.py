"""What can go wrong between a text and its neighbours. Messages say what happened and what to do.

RetrievalError
├── IndexMissing     the source has no live release
├── IndexDamaged     the live release's files do not fit together
├── ModelMismatch    the release was made with another embedding model
└── ModelUnavailable the model's package, files or engine are missing or not what they should be
"""

from __future__ import annotations


class RetrievalError(Exception):
    """Something that a person can act on."""


class IndexMissing(RetrievalError):
    """The source has no live release."""


class IndexDamaged(RetrievalError):
    """The live release's files do not fit together."""


class ModelMismatch(RetrievalError):
    """The release was made with another embedding model than the one asking."""


class ModelUnavailable(RetrievalError):
    """The embedding model cannot be loaded."""
