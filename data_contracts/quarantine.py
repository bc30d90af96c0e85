"""`quarantine`: rows that broke a rule, kept with the rule's name."""

from __future__ import annotations

import dataframely as dy

from data_contracts.table import Table, sha256_column, utc_column


class Quarantined(dy.Schema):
    """One row per rejected row and stage.

    `stage` is the table or step that rejected it, `rule` the rule that it broke, `reason` a sentence for a person,
    `row` the whole row as JSON (bytes as base64), so that nothing is lost.
    """

    source = dy.String(nullable=False)
    stage = dy.String(nullable=False, primary_key=True)
    row_hash = sha256_column(primary_key=True)
    rule = dy.String(nullable=False)
    reason = dy.String(nullable=False)
    row = dy.String(nullable=False)
    quarantined_at = utc_column()


QUARANTINE = Table("quarantine", Quarantined)
