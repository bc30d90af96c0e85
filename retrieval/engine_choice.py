"""Which engine embeds in bulk on this machine: measured once, remembered with its curve."""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from retrieval import minilm
from retrieval.bulk import embed_rows
from retrieval.engine import Engine, EngineSetup
from retrieval.error import ModelUnavailable
from retrieval.minilm_embedder import open_engine
from retrieval.onnx_cache import CachedModel, locked
from retrieval.onnx_engine import OnnxEngine
from retrieval.openvino_engine import best_precision
from retrieval.torch_engine import accelerator

logger = logging.getLogger(__name__)

WORTH = 1.15
"""Another precision than fp32 must be this many times faster: below it, measuring again could decide otherwise, and
a changed precision embeds everything anew."""
_CPU_BUDGETS = (512, 1024)
_GPU_BUDGETS = (8192, 32768)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Rows of 64 to 256 tokens embedded per second with one setup."""

    setup: EngineSetup
    rows_per_second: float


def chosen_setup(model: CachedModel, *, threads: int) -> EngineSetup:
    """Return the setup remembered beside the model; without one measure for some seconds and remember.

    The memory decides, not the machine: a cache folder that moves to another machine keeps its model id, so the
    pipeline and the chat of one home always agree. Delete the file to measure again.
    """
    path = _memory(model)
    if (setup := remembered_setup(model)) is not None:
        return setup
    with locked(path):
        if (setup := remembered_setup(model)) is None:
            logger.info("Measuring which engine embeds fastest here, once: a few seconds")
            curve = list(measured(model, list(available_setups()), threads=threads))
            setup = fastest(curve)
            _remember(path, setup, curve)
    return setup


def remembered_setup(model: CachedModel) -> EngineSetup | None:
    """Return the setup that was chosen before, None when there is none that can be read."""
    try:
        return EngineSetup(**json.loads(_memory(model).read_text("utf-8"))["choice"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def available_setups() -> Iterator[EngineSetup]:
    """Yield what may be worth measuring on this machine."""
    yield from (EngineSetup("onnx", "fp32", budget) for budget in _CPU_BUDGETS)
    if precision := best_precision():
        yield from (EngineSetup("openvino", precision, budget) for budget in _CPU_BUDGETS)
    try:
        has_gpu = accelerator() is not None
    except ModelUnavailable:
        has_gpu = False
    if has_gpu:
        yield from (EngineSetup("torch", "fp32", budget) for budget in _GPU_BUDGETS)


def measured(model: CachedModel, setups: Sequence[EngineSetup], *, threads: int) -> Iterator[Measurement]:
    """Time each setup twice and keep the better time: other work on the machine only ever slows.

    An engine that fails here is warned of and left out; ONNX Runtime must work.
    """
    for (name, precision), group in groupby(setups, key=lambda setup: (setup.engine, setup.precision)):
        try:
            engine = open_engine(model, EngineSetup(name, precision, 0), threads=threads)
            yield from _curve(engine, list(group), threads)
        except (RuntimeError, ModelUnavailable) as error:
            if name == OnnxEngine.name:
                raise
            logger.warning("The embedding engine %s does not work here and is left out: %s", name, error)


def _curve(engine: Engine, setups: Sequence[EngineSetup], threads: int) -> Iterator[Measurement]:
    rows = [[101, *[1000] * (length - 2), 102] for length in range(64, 257, max(1, 16 // threads))]
    out = np.empty((len(rows), minilm.DIMENSION), dtype=np.float32)
    with ThreadPoolExecutor(threads) as pool:
        embed_rows(engine, rows[:threads], out[:threads], budget=1, pool=pool)  # first calls are slow
        for setup in setups:
            seconds = []
            for _ in range(2):
                started = time.perf_counter()
                embed_rows(engine, rows, out, budget=setup.budget, pool=pool)
                seconds.append(time.perf_counter() - started)
            yield Measurement(setup, round(len(rows) / min(seconds), 1))


def fastest(curve: Sequence[Measurement]) -> EngineSetup:
    """Return the fastest setup; one that is not fp32 only where it is WORTH it."""
    best = max(curve, key=lambda point: point.rows_per_second)
    exact = max((point for point in curve if point.setup.precision == "fp32"), key=lambda point: point.rows_per_second)
    return best.setup if best.rows_per_second >= WORTH * exact.rows_per_second else exact.setup


def _memory(model: CachedModel) -> Path:
    return model.folder.with_name("minilm-engine.json")


def _remember(path: Path, setup: EngineSetup, curve: Sequence[Measurement]) -> None:
    machine = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    found = {"choice": asdict(setup), **machine, "curve": [asdict(point) for point in curve]}
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(found, indent=2), encoding="utf-8")
    aside.replace(path)
