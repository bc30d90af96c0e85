"""What can go wrong with people. Messages say what happened and what to do.

PeopleError
├── PersonExists     the name is taken already
├── UnfitName        programs or visitors are called like this
├── PersonUnknown    nobody has this name
├── UnfitPassword    it is too short or too long
├── TooManyLogins    too many logins failed; it says when to come back
├── LoginRefused     the identity provider or the load balancer did not vouch for this person
├── SessionEnded     whoever asks has not logged in, or not any more
└── UnfitSetting     a setting of people or looks cannot be understood
"""

from __future__ import annotations


class PeopleError(Exception):
    """Something that a person or the operator can act on."""


class PersonExists(PeopleError):
    """The name is taken already."""


class UnfitName(PeopleError):
    """Programs or visitors are called like this: a person of that name would be taken for one."""


class PersonUnknown(PeopleError):
    """Nobody has this name."""


class UnfitPassword(PeopleError):
    """It is too short or too long."""


class TooManyLogins(PeopleError):
    """Too many logins failed. `seconds` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many logins failed. Wait {seconds} seconds and try again.")
        self.seconds = seconds


class LoginRefused(PeopleError):
    """The identity provider or the load balancer did not vouch for this person."""


class SessionEnded(PeopleError):
    """Whoever asks has not logged in, or not any more."""


class UnfitSetting(PeopleError, ValueError):
    """A setting of people or looks cannot be understood."""
