"""How large a batch should be, found by measuring while the work goes on.

Additive increase and multiplicative decrease, as a sender finds the rate of a network it knows nothing of (Chiu and
Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989). Here a step is kept only when
it made the work faster, and what halves the size is a refusal (HTTP 429), a shortage of memory, or a half that measured
faster. No clock, no randomness, no I/O: the same observations give the same sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_FASTER = 1.03
"""A tried size counts as better from here on; below, it may be chance, and the smaller change wins."""
_MOST_PATIENCE = 8
_CALM = 4
_FORGOTTEN = 32


class BatchPoint(NamedTuple):
    """One observation: a batch of `size` did `rate` units per second (0: none); `outcome` is one of `kept`, `tried`,
    `taken`, `rejected`, `throttled`, `memory`."""

    size: int
    rate: float
    outcome: str


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Sizes go from `least` to `most`; `step` is the additive increase. After `patience` batches of the present size
    one of another size is tried, so about 1/patience of the work goes into trying, and less once nothing is better.

    A tried size must be faster `votes` times before it is kept, each time than the batches just before and just after
    it, so that neither a slow moment of the machine nor a stretch of easy work decides. Raises ValueError.
    """

    least: int
    most: int
    step: int
    patience: int = 24
    votes: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most or min(self.step, self.patience, self.votes) < 1:
            raise ValueError(f"these limits leave no batch size: {self}")

    def within(self, size: int) -> int:
        """Return the nearest size that is allowed."""
        return min(max(size, self.least), self.most)


@dataclass(slots=True)
class _Trial:
    """A size being tried; `rate` is what it did, until the batch after it has been measured."""

    size: int
    wins: int = 0
    rate: float | None = None


@dataclass(slots=True)
class _Search:
    """Which sizes were tried around the present one, and how long to wait until the next."""

    patience: int
    waited: int = 0
    rejected: set[int] = field(default_factory=set)


class BatchTuner:
    """Ask `size` before each batch, and say after it how it went: `measured`, `throttled` or `short_of_memory`.

    `home` is the size that holds where nothing was measured. Of two sizes that are equally fast it wins, so a tuned run
    does not drift away from it for nothing.
    """

    def __init__(self, limits: BatchLimits, *, home: int, start: int | None = None) -> None:
        """`start` is the best size of the last run, by default `home`."""
        self._limits = limits
        self._home = limits.within(home)
        self._size = self._home if start is None else limits.within(start)
        self._room = limits.most  # what the memory allows
        self._refused: int | None = None
        self._calm = 0
        self._before: float | None = None
        self._trial: _Trial | None = None
        self._search = _Search(limits.patience)
        self._points: list[BatchPoint] = []

    @property
    def size(self) -> int:
        """The size of the next batch."""
        return self._trial.size if self._trial is not None and self._is_its_turn(self._trial) else self._size

    @property
    def best(self) -> int:
        """The size that proved best so far: what the next run should start with."""
        return self._size

    @property
    def points(self) -> tuple[BatchPoint, ...]:
        """All observations, in order."""
        return tuple(self._points)

    def measured(self, units: float, seconds: float) -> None:
        """Take how long a batch took."""
        size, rate = self.size, units / max(seconds, 1e-9)
        self._note(size, rate, self._judged(rate))
        self._recover()

    def throttled(self) -> None:
        """Take that a batch was refused: halve, and come back step by step, staying below what was refused."""
        size = self.size
        self._note(size, 0.0, "throttled")
        self._refused, self._calm = size, 0
        self._resize(min(self._size, size // 2))

    def short_of_memory(self) -> None:
        """Take that a batch did not fit, or only just: halve, and stay below for good."""
        size = self.size
        self._note(size, 0.0, "memory")
        self._room = max(self._limits.least, size - 1)
        self._resize(min(self._size, size // 2))

    def new_stretch(self) -> None:
        """Take that the work that follows is of another kind (longer texts, say) than the work before."""
        self._before = None
        if self._trial is not None:
            self._trial.rate = None

    # -- trying sizes ----------------------------------------------------------------------------------------------

    def _judged(self, rate: float) -> str:
        trial = self._trial
        if trial is None:
            self._rest(rate)
            return "kept"
        if self._is_its_turn(trial):
            trial.rate = rate
            return "tried"
        if trial.rate is None or self._before is None:
            self._before = rate
            return "kept"
        return self._compared(trial, trial.rate, self._before, rate)

    def _is_its_turn(self, trial: _Trial) -> bool:
        """Whether the next batch is the tried one: when the batch before was not."""
        return trial.rate is None and self._before is not None

    def _compared(self, trial: _Trial, tried: float, before: float, after: float) -> str:
        """Compare a tried size with the batches on both sides of it."""
        around = (before + after) / 2
        if tried < around * (1.0 if trial.size == self._home else _FASTER):
            self._search.rejected.add(trial.size)
            self._trial = None
            self._rest(after)
            return "rejected"
        trial.wins += 1
        if trial.wins >= self._limits.votes:
            self._resize(trial.size)
            return "taken"
        trial.rate, self._before = None, after
        return "kept"

    def _rest(self, rate: float) -> None:
        """Stay at the present size; begin a trial when that has been long enough."""
        self._before = rate
        self._search.waited += 1
        if self._search.waited < self._search.patience:
            return
        self._search.waited = 0
        size = next(self._candidates(), None)
        if size is not None:
            self._trial = _Trial(size)
            return
        calmer = min(2 * self._search.patience, _MOST_PATIENCE * self._limits.patience)
        self._search = _Search(calmer)

    def _candidates(self) -> Iterator[int]:
        ceiling = self._room if self._refused is None else min(self._room, self._refused - 1)
        for size in (self._size + self._limits.step, 2 * self._size, self._size // 2, self._home):
            allowed = min(self._limits.within(size), max(ceiling, self._limits.least))
            if allowed != self._size and allowed not in self._search.rejected:
                yield allowed

    def _recover(self) -> None:
        """Increase by a step after some good batches, up to below the size that was refused, and forget it in time."""
        if self._refused is None:
            return
        self._calm += 1
        larger = self._size + self._limits.step
        if self._calm % _CALM == 0 and larger < min(self._refused, self._room):
            self._resize(larger)
        if self._calm >= _FORGOTTEN and larger >= min(self._refused, self._room):
            self._refused = None

    def _resize(self, size: int) -> None:
        self._size = self._limits.within(size)
        self._trial, self._before = None, None
        self._search = _Search(self._limits.patience)

    def _note(self, size: int, rate: float, outcome: str) -> None:
        self._points.append(BatchPoint(size, rate, outcome))
