"""`batch_curves`: how fast batches of which size were, so that the next run begins with the best one."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, utc_column


class BatchCurve(dy.Schema):
    """One row per run of a stage that sized its batches by measuring.

    `stage` is `embeddings` or `vector_index`; `target` names what took the batches (a model and engine, or a store),
    `machine` where it ran, since the best size is another one elsewhere. `best` is the size to begin with next time,
    in `unit`; `curve` is a JSON list of [size, units per second, outcome].
    """

    source = dy.String(nullable=False, primary_key=True)
    stage = dy.String(nullable=False, primary_key=True)
    target = dy.String(nullable=False, primary_key=True)
    machine = dy.String(nullable=False, primary_key=True)
    measured_at = utc_column(primary_key=True)
    unit = dy.String(nullable=False)
    best = dy.Int64(nullable=False, min=1)
    curve = dy.String(nullable=False)


BATCH_CURVES = Table("batch_curves", BatchCurve)
