"""Stand-ins of Upstash with settings of a test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.doubles.upstash_double import UpstashDouble
from tests.retrieval.conftest import DIMENSION


@pytest.fixture
def make_double() -> Iterator[Callable[..., UpstashDouble]]:
    made: list[UpstashDouble] = []

    def make(**settings: int) -> UpstashDouble:
        made.append(UpstashDouble(dimension=DIMENSION, **settings))
        return made[-1]

    yield make
    for double in made:
        double.close()
