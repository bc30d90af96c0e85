"""What can go wrong in the wiring. Messages say what happened and what to do.

OrchestrationError
├── PortTaken         a port that a server needs is in use
├── AlreadyRunning    another `lorechat up` runs on the same home
├── ChildDied         a server that `lorechat up` started ended by itself
├── StartFailed       a server did not answer in time
├── HandbookFailed    the handbook could not be built
├── BuildFailed       a run of the flow did not bring its source up to date
├── NoSuchSource      a source was named that there is no file for
├── NoSuchRelease     a release was named that the source never had
├── NoSuchAnswer      an answer was named that is not kept
├── BadInput          a file, folder or URL cannot be read as what it should be
├── OutOfTime         the function's time is nearly over
├── DropsFailed       some of the dropped objects of an event were not done
└── EventUnknown      the function was called with something that it knows nothing of
"""

from __future__ import annotations


class OrchestrationError(Exception):
    """Something that a person can act on."""


class PortTaken(OrchestrationError):
    """A port that a server needs is in use."""


class AlreadyRunning(OrchestrationError):
    """Another `lorechat up` runs on the same home."""


class ChildDied(OrchestrationError):
    """A server that `lorechat up` started ended by itself."""


class StartFailed(OrchestrationError):
    """A server did not answer in time."""


class HandbookFailed(OrchestrationError):
    """The handbook could not be built."""


class BuildFailed(OrchestrationError):
    """A run of the flow did not bring its source up to date."""


class NoSuchSource(OrchestrationError):
    """A source was named that there is no file for."""


class NoSuchRelease(OrchestrationError):
    """A release was named that the source never had."""


class NoSuchAnswer(OrchestrationError):
    """An answer was named that is not kept, or not one alone."""


class BadInput(OrchestrationError):
    """A file, folder or URL cannot be read as what it should be."""


class OutOfTime(OrchestrationError):
    """The function's time is nearly over; another attempt goes on."""


class DropsFailed(OrchestrationError):
    """Some of the dropped objects of an event were not done; another attempt may do them."""


class EventUnknown(OrchestrationError):
    """The function was called with something that it knows nothing of."""
