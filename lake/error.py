"""What can go wrong at rest.

LakeError
├── LakeUnreachable   the place cannot be read or written: wrong URL, credentials, network, full disk
├── LakeBusy          other writers kept winning the commit
└── HistoryEnded      a version is asked for that was deleted
"""

from __future__ import annotations


class LakeError(Exception):
    """Something that a person can act on; the message says what happened and what to do."""


class LakeUnreachable(LakeError):
    """The lake's place cannot be read or written."""


class LakeBusy(LakeError):
    """Concurrent writers won every attempt to commit."""


class HistoryEnded(LakeError):
    """A table is asked for as it was before its history begins."""
