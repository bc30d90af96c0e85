"""What can go wrong in a stage. Messages say what happened and what to do.

StageError
├── UpstreamEmpty   the stage before has left nothing to work on
├── UpstreamBehind  the stage before has not done all of its work
├── GateFailed      the source's pages are not fit to be published
├── ReleaseRefused  the built index failed its check and was not promoted
├── QuestionsUnusable  the golden questions cannot be read
├── PastUnknown     what was live at an instant cannot be told or made again
├── InboxHeld       dropped files speak against so many pages that a person has to look first
├── ShardInvalid    a share of a stage's work that does not exist
├── WorkerFailed    a worker of the stage found what a person must mend, or died again and again
└── WorkerBusy      a worker of the stage was kept from its work by what passes by itself: run the stage again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_contracts.release_evaluation import ReleaseEvaluation


class StageError(Exception):
    """Something that a person can act on."""


class UpstreamEmpty(StageError):
    """The stage before has left nothing to work on."""


class UpstreamBehind(StageError):
    """The stage before has not done all of its work."""


class GateFailed(StageError):
    """The source's pages are not fit to be published; what is live keeps answering."""


class ReleaseRefused(StageError):
    """The built index failed its evaluation; the live one keeps answering."""

    def __init__(self, message: str, evaluation: ReleaseEvaluation) -> None:
        super().__init__(message)
        self.evaluation = evaluation


class QuestionsUnusable(StageError):
    """The golden questions cannot be read."""


class PastUnknown(StageError):
    """What was live at an instant cannot be told, or cannot be made again."""


class InboxHeld(StageError):
    """Dropped files speak against so many pages that a person has to look first; all keep answering."""


class ShardInvalid(StageError):
    """There is no such share of a stage's work."""


class WorkerFailed(StageError):
    """A worker of a stage found what a person must mend, or died again and again. `kind` is how its worker ended."""

    def __init__(self, message: str, kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind


class WorkerBusy(StageError):
    """A worker of a stage was kept from its work by what passes by itself."""
