"""What holds for every asset of the flow: partitions, retries, automation, ownership, checks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

SOURCES = dg.DynamicPartitionsDefinition(name="source")
"""One partition per source; never one per page: Dagster slows down under many partitions."""

GROUP = "site"

_RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For what passes by itself (a busy lake, a lost connection); what a person must mend fails at once."""


def _automation() -> dg.AutomationCondition:  # type: ignore[type-arg]  # Dagster exports no key type to name
    """Run when the content upstream changed, when nothing is there yet, or when the code changed.

    Not `eager()`: that fires for an upstream that ran again and found nothing new. A failed check stops the assets
    after it within one run only; across runs it is this condition that keeps them waiting.
    """
    condition: type[Any] = dg.AutomationCondition
    changed = (
        condition.any_deps_match(condition.data_version_changed())
        | condition.missing().newly_true()  # not the state: what fails for good would be asked for again and again
        | condition.code_version_changed()
    )
    whole: dg.AutomationCondition = (  # type: ignore[type-arg]  # as above
        changed.since_last_handled()
        & ~condition.any_deps_missing()
        & ~condition.any_deps_in_progress()
        & ~condition.in_progress()
        & condition.all_deps_blocking_checks_passed()
    )
    return whole


def _checks(asset: str, checks: Mapping[str, str]) -> list[dg.AssetCheckSpec]:
    """Declare blocking checks that are judged source by source: one failing source must not stop another one."""
    with warnings.catch_warnings(action="ignore", category=dg.PreviewWarning):  # partitioned checks are a preview
        return [
            dg.AssetCheckSpec(check, asset=asset, blocking=True, description=description, partitions_def=SOURCES)
            for check, description in checks.items()
        ]


def site_asset(
    name: str,
    *,
    after: str | None,
    kinds: set[str],
    code_version: str,
    checks: Mapping[str, str],
    pool: str | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare an asset of the flow: partitioned by source, made from the asset `after`, with blocking `checks`
    (name -> what is true when it passes). The first asset is run by people and schedules, the others follow. Assets of
    one `pool` wait for each other across runs where the pool has a limit."""
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
        check_specs=_checks(name, checks),
        pool=pool,
    )
