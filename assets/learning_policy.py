"""What holds for every asset that learns from the chat: partitions, window, ownership."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dagster as dg

from assets.policy import SOURCES

GROUP = "chat"
DAYS = 30
"""How far back people's questions are looked at: one length of the chat's own keeping."""


def learning_asset(
    name: str, *, kinds: set[str], code_version: str
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Declare an asset that is made from what people asked a source. Nobody waits for it, so it runs by its schedule
    and not by itself."""
    return dg.asset(
        name=name,
        deps=["vector_index"],
        partitions_def=SOURCES,
        group_name=GROUP,
        owners=["team:pipeline"],
        kinds=kinds,
        tags={"flow": GROUP},
        code_version=code_version,
    )
