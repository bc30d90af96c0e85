"""What holds for every asset of the flow: partitions, retries, automation, ownership, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

SOURCES = dg.DynamicPartitionsDefinition(name="source")
"""One partition per source; never one per page: Dagster slows down under many partitions."""

GROUP = "site"

_RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For what passes by itself (a busy lake, a lost connection); what a person must mend fails at once."""


def _automation() -> dg.AutomationCondition:  # type: ignore[type-arg]
    """Run when the content upstream changed, when nothing is there yet, or when the code changed.

    Not `eager()`: that fires for an upstream that ran again and found nothing new.
    """
    condition: type[Any] = dg.AutomationCondition
    changed = (
        condition.any_deps_match(condition.data_version_changed())
        | condition.missing()
        | condition.code_version_changed()
    )
    whole: dg.AutomationCondition = (  # type: ignore[type-arg]
        changed.since_last_handled() & ~condition.any_deps_missing() & ~condition.in_progress()
    )
    return whole


def site_asset(
    name: str,
    *,
    after: str | None,
    kinds: set[str],
    code_version: str,
    checks: Mapping[str, str],
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare an asset of the flow: partitioned by source, made from the asset `after`, with blocking `checks`
    (name -> what is true when it passes). The first asset is run by people and schedules, the others follow."""
    return dg.asset(
        name=name,
        deps=[] if after is None else [after],
        partitions_def=SOURCES,
        group_name=GROUP,
        owners=["team:pipeline"],
        kinds=kinds,
        tags={"flow": GROUP},
        code_version=code_version,
        retry_policy=_RETRY,
        automation_condition=None if after is None else _automation(),
        check_specs=[
            dg.AssetCheckSpec(check, asset=name, blocking=True, description=description)
            for check, description in checks.items()
        ],
    )
