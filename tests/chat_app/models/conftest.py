"""Models behind real doubles of their providers, and an allowance that remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from chat_app.answerer import Evidence, Usage, Wrote
from chat_app.models.allowance import Reservation
from chat_app.models.bedrock_connection import BedrockConnection
from chat_app.models.breaker import Breakers
from chat_app.models.chain import ModelChain
from chat_app.models.connection import Connection
from chat_app.models.openai_connection import OpenAIConnection
from chat_app.models.profile import Plans
from chat_app.models.registry import Kind, LanguageModel
from chat_app.question import Question
from data_contracts.passage import Passage
from retrieval.embedder import Embedder
from tests.doubles.bedrock_double import BedrockDouble
from tests.doubles.openai_double import ProviderDouble

QUESTION = Question("When do bees swarm?")
PATIENCE = 60.0
"""Seconds of silence that no test reaches, however slow the machine."""


@dataclass
class Purse:
    """An allowance that pays for all models but `refused`, and remembers."""

    refused: set[str] = field(default_factory=set)
    reserved: list[str] = field(default_factory=list)
    settled: list[tuple[str, Usage]] = field(default_factory=list)
    released: list[str] = field(default_factory=list)

    async def reserve(
        self, model: LanguageModel, input_tokens: int, most_output_tokens: int, question: Question
    ) -> Reservation | None:
        assert input_tokens > 0
        assert most_output_tokens > 0
        if model.key in self.refused:
            return None
        self.reserved.append(model.key)
        return Reservation(model)

    async def settle(self, reservation: Reservation, usage: Usage) -> float | None:
        self.settled.append((reservation.model.key, usage))
        return 0.5

    async def release(self, reservation: Reservation) -> None:
        self.released.append(reservation.model.key)


@dataclass
class Rig:
    """A provider's double with the connection to it; `connect` makes another one."""

    kind: Kind
    double: ProviderDouble | BedrockDouble
    connection: Connection
    connect: Callable[..., Connection]

    def model(self, name: str, *, provider: str = "") -> LanguageModel:
        """A model of it, see `model`."""
        return model(name, self.kind, provider=provider)


def model(name: str, kind: Kind, *, provider: str = "") -> LanguageModel:
    """A model that behaves as its name says."""
    return LanguageModel(name, kind, name, name.title(), 100_000, 1_000, 5, 5, provider=provider)


@pytest.fixture
def openai_double() -> Iterator[ProviderDouble]:
    double = ProviderDouble()
    yield double
    double.close()


@pytest.fixture
def bedrock_double(monkeypatch: pytest.MonkeyPatch) -> Iterator[BedrockDouble]:
    """With credentials where the AWS SDK looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    double = BedrockDouble()
    yield double
    double.close()


def openai_connection(double: ProviderDouble, *, silence_seconds: float = PATIENCE) -> OpenAIConnection:
    return OpenAIConnection(base_url=double.url, api_key="sk-test", silence_seconds=silence_seconds)


def bedrock_connection(double: BedrockDouble, *, silence_seconds: float = PATIENCE) -> BedrockConnection:
    return BedrockConnection(region="us-east-1", endpoint=double.url, silence_seconds=silence_seconds)


@pytest.fixture(params=["openai", "bedrock"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """Each provider in turn."""
    double = request.getfixturevalue(f"{request.param}_double")
    connect = openai_connection if isinstance(double, ProviderDouble) else bedrock_connection
    connection: Connection = connect(double)
    yield Rig(Kind(request.param), double, connection, partial(connect, double))
    await connection.aclose()


@pytest.fixture
def evidence(passages: list[Passage], embedder: Embedder) -> Evidence:
    return Evidence(passages, embedder)


@dataclass
class Told:
    """What a consumer of an answer saw."""

    text: str
    wrote: Wrote


async def told(chain: ModelChain, evidence: Evidence, question: Question = QUESTION) -> Told:
    """Read an answer to its end."""
    said: list[str] = []
    wrote: list[Wrote] = []
    async for piece in chain.stream(question, evidence):
        if isinstance(piece, str):
            assert not wrote, "text after who wrote it"
            said.append(piece)
        else:
            wrote.append(piece)
    assert len(wrote) == 1
    return Told("".join(said), wrote[0])


def chain_of(
    *models: LanguageModel,
    connections: dict[str, Connection],
    purse: Purse | None = None,
    silence_seconds: float = PATIENCE,
    breakers: Breakers | None = None,
) -> ModelChain:
    """A chain that tries these models in order, for every profile; only local ones for private."""
    private = tuple(model for model in models if model.local)
    plans = Plans({"fast": models, "best": models, "private": private})
    chain = ModelChain(plans, connections, silence_seconds=silence_seconds, breakers=breakers)
    chain.allowance = purse or Purse()
    return chain
