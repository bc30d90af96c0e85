"""Quality gates as Dagster's asset checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import dagster as dg

from assets.metadata import markdown_table

if TYPE_CHECKING:
    from assets.stages.gates import GateResult


def gate_checks(results: Iterable[GateResult]) -> list[dg.AssetCheckResult]:
    """Return a check result for each gate, with the pages that it speaks of."""
    from assets.stages.gates import WAY_OUT

    return [
        dg.AssetCheckResult(
            check_name=result.name,
            passed=result.passed,
            description=None if result.passed else f"{result.report}\n{WAY_OUT}",
            metadata={
                "value": result.value,
                "limit": result.limit,
                "setting": f"quality.{result.setting}",
                "pages": result.pages,
                "examples": markdown_table(
                    ("page", "evidence"), [(example.url, example.evidence) for example in result.examples]
                ),
            },
        )
        for result in results
    ]
