"""Why a turn is not begun or not shown. Messages are for people: chat_app/error.py."""

from __future__ import annotations

from chat_app.error import ChatError


class TooManyTurns(ChatError):
    """This process answers as many questions at once as the settings allow."""


class Draining(ChatError):
    """This process is about to end and takes no more questions."""


class UnknownTurn(ChatError):
    """There is no such turn, or it is another person's."""


class UnknownThread(ChatError):
    """The conversation is another person's."""
