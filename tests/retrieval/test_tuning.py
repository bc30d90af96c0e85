"""Batch sizes that find the best one by themselves, given observations that are made up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.tuning import BatchLimits, BatchTuner

LIMITS = BatchLimits(least=64, most=8192, step=64, patience=1, votes=1)
CAREFUL = BatchLimits(least=256, most=4096, step=256)
SIZES = st.integers(min_value=1, max_value=20_000)
KNEES = st.integers(min_value=512, max_value=8192)
EVENTS = st.lists(
    st.one_of(st.floats(min_value=1e-3, max_value=1e6), st.sampled_from(["throttled", "memory"])), max_size=200
)

Curve = Callable[[int], float]


def knee(at: int, *, overhead: float = 512.0, beyond: float = 0.3) -> Curve:
    """Units per second where each call costs something by itself, and the larger a call is beyond a size, the more
    of it falls out of a cache."""
    return lambda size: min(size, at) / (min(size, at) + overhead) * min(1.0, at / size) ** beyond


def run(tuner: BatchTuner, curve: Curve, batches: int) -> float:
    """Observe so many batches of as much work each, and return the seconds that they take."""
    seconds = 0.0
    for _ in range(batches):
        took = 1 / curve(tuner.size)
        tuner.measured(1, took)
        seconds += took
    return seconds


@given(EVENTS, SIZES, SIZES)
def test_sizes_stay_within_their_limits_whatever_is_observed(events: list[object], home: int, start: int) -> None:
    tuner = BatchTuner(LIMITS, home=home, start=start)
    for event in events:
        assert LIMITS.least <= tuner.size <= LIMITS.most
        assert LIMITS.least <= tuner.best <= LIMITS.most
        if event == "throttled":
            tuner.throttled()
        elif event == "memory":
            tuner.short_of_memory()
        else:
            tuner.measured(1, float(str(event)))
    assert len(tuner.points) == len(events)


@given(EVENTS)
def test_the_same_observations_give_the_same_sizes(events: list[object]) -> None:
    tuners = [BatchTuner(LIMITS, home=1024) for _ in range(2)]
    for event in events:
        for tuner in tuners:
            if isinstance(event, float):
                tuner.measured(1, event)
            else:
                tuner.throttled()
    assert tuners[0].points == tuners[1].points


@given(KNEES, SIZES)
def test_a_knee_is_found_from_wherever_it_starts(at: int, start: int) -> None:
    """Ends within 10 % of the rate just below the knee."""
    tuner, curve = BatchTuner(LIMITS, home=1024, start=start), knee(at)
    run(tuner, curve, 1500)
    assert curve(tuner.best) >= 0.9 * curve(max(LIMITS.least, at - LIMITS.step))


@given(KNEES, SIZES)
def test_a_size_that_is_found_is_as_good_a_start_as_a_longer_search(at: int, start: int) -> None:
    first = BatchTuner(LIMITS, home=1024, start=start)
    run(first, knee(at), 1500)
    second = BatchTuner(LIMITS, home=1024, start=first.best)
    run(second, knee(at), 30)
    assert knee(at)(second.best) >= 0.97 * knee(at)(first.best)


@pytest.mark.parametrize("at", [256, 700, 1024, 3000, 8192])
@pytest.mark.parametrize("overhead", [8.0, 64.0])
def test_trying_costs_few_per_cent_where_the_fixed_size_is_right(at: int, overhead: float) -> None:
    """As on a CPU: sizes differ little, and all but a few per cent of the work is done at the size that is best."""
    curve = knee(at, overhead=overhead)
    for home in (512, 1024):
        fixed = 400 / curve(home)
        assert run(BatchTuner(CAREFUL, home=home), curve, 400) <= 1.02 * fixed


def test_noise_alone_hardly_slows() -> None:
    """A busy machine: each batch takes up to twice as long by chance."""
    seconds = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        tuner = BatchTuner(CAREFUL, home=1024)
        for _ in range(400):
            tuner.measured(1, (1 + random.exponential(0.3)) / knee(1024, overhead=64)(tuner.size))
        seconds.append(sum(1 / knee(1024, overhead=64)(point.size) for point in tuner.points))
    fixed = 400 / knee(1024, overhead=64)(1024)
    assert np.mean(seconds) <= 1.03 * fixed


@given(SIZES)
def test_a_throttle_halves_and_calm_brings_the_size_back_to_below_what_was_refused(start: int) -> None:
    tuner = BatchTuner(LIMITS, home=start)
    before = tuner.size
    tuner.throttled()
    assert tuner.size <= max(LIMITS.least, before // 2)
    sizes = set()
    for _ in range(31):
        tuner.measured(1, 0.01)
        sizes.add(tuner.best)
    assert max(sizes) < max(before, LIMITS.least + 1)
    run(tuner, lambda size: 100.0, 4 * (before // LIMITS.step + 1))
    assert tuner.best >= max(LIMITS.least, before - 2 * LIMITS.step)


def test_a_limit_that_goes_away_is_forgotten() -> None:
    tuner = BatchTuner(LIMITS, home=1024)
    tuner.throttled()
    run(tuner, knee(8192, overhead=100_000), 2000)
    assert tuner.best > 4096


def test_what_did_not_fit_the_memory_is_never_tried_again() -> None:
    tuner = BatchTuner(LIMITS, home=4096)
    tuner.short_of_memory()
    assert tuner.size == 2048
    run(tuner, knee(8192, overhead=100_000), 1000)
    assert 3500 < tuner.best < 4096
    assert max(point.size for point in tuner.points[1:]) < 4096


def test_limits_that_leave_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no batch size"):
        BatchLimits(least=10, most=5, step=1)
