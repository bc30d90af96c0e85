"""What can go wrong in a stage. Messages say what happened and what to do.

StageError
├── UpstreamEmpty   the stage before has left nothing to work on
├── UpstreamBehind  the stage before has not done all of its work
├── ReleaseRefused  the built index failed its check and was not promoted
└── ShardInvalid    a share of a stage's work that does not exist
"""

from __future__ import annotations


class StageError(Exception):
    """Something that a person can act on."""


class UpstreamEmpty(StageError):
    """The stage before has left nothing to work on."""


class UpstreamBehind(StageError):
    """The stage before has not done all of its work."""


class ReleaseRefused(StageError):
    """The built index failed its check; the live one keeps answering."""


class ShardInvalid(StageError):
    """There is no such share of a stage's work."""
