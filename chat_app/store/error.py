"""What can go wrong with the database. Messages are for the operator; visitors are never shown them.

DatabaseError
├── DatabaseUnavailable   it cannot be reached, refuses the login, or cannot be written to
└── DatabaseTooNew        it was made by a later version of the chat
"""

from __future__ import annotations


class DatabaseError(Exception):
    """The chat's database failed. The message names its place, never its password."""


class DatabaseUnavailable(DatabaseError):
    """It cannot be reached, refuses the login, or cannot be written to."""


class DatabaseTooNew(DatabaseError):
    """It was made by a later version of the chat."""
