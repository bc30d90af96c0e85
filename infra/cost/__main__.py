"""`python -m infra.cost` prints what a month costs, from the stages' files: the tables of docs/costs.md."""

from __future__ import annotations

import sys

from infra.config.stage_config import read_stage
from infra.cost.table import whole

STAGES = ("dev", "staging", "prod")

if __name__ == "__main__":
    sys.stdout.write(whole([read_stage(stage) for stage in STAGES]) + "\n")
