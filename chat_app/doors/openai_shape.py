"""The messages of OpenAI's chat completions, as far as a question and its answer need them.

Fields that steer a model (temperature, tools, system prompts) are accepted and have no effect: what the model is told
is the server's own, or answers could not be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chat_app.doors.refusal import Refused
from chat_app.question import Exchange

ALL_SOURCES = "lorechat"
"""The model that answers from every source that the caller may read."""


class Part(BaseModel):
    """A piece of a message that is not one string."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message; those of the system, developer and tools have no effect."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The words. Errors: Refused for pictures, sound and files."""
        if not isinstance(self.content, list):
            return self.content or ""
        other = next((part.type for part in self.content if part.type not in ("text", "refusal")), None)
        if other is not None:
            raise Refused(400, "unsupported_content", f"Messages are text; {other!r} cannot be read here.")
        return "\n".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    """`include_usage` asks for one more chunk, with the tokens."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """What `POST /v1/chat/completions` takes; other fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(min_length=1, max_length=200)
    messages: list[Message] = Field(min_length=1, max_length=400)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None


def asked(messages: Sequence[Message]) -> tuple[str, list[Exchange]]:
    """Return the question, which is the last message, and the exchanges before it, oldest first.

    Errors: Refused when the last message is not a person's.
    """
    said = [message for message in messages if message.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise Refused(400, "no_question", "The last message must be one of the role `user`: it is the question.")
    exchanges: list[Exchange] = []
    waiting: list[str] = []
    for message in said:
        if message.role == "user":
            waiting.append(message.text)
        elif waiting:
            question = "\n\n".join(waiting)
            exchanges.append(Exchange(question, question, message.text))
            waiting = []
    question = "\n\n".join(waiting).strip()
    if not question:
        raise Refused(400, "no_question", "The question is empty.")
    return question, exchanges


def split_model(name: str) -> tuple[list[str] | None, str]:
    """Return the sources and the profile that a model's name stands for: `handbook`, `lorechat`, `handbook:fast`."""
    source, _, profile = name.partition(":")
    return (None if source == ALL_SOURCES else [source]), profile
