"""Bytes at rest: tables of rows that are appended once and never changed, and files beside them.

Names are imported when they are asked for: whoever only lists files (Dagster's sensors, every few seconds) does not
load polars and Delta for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake.current import current_aliases, current_pages
    from lake.error import LakeBusy, LakeError, LakeUnreachable
    from lake.lake import Appended, Lake
    from lake.objects import ObjectFacts, ObjectFolder
    from lake.tables import AsOf

__all__ = [
    "Appended",
    "AsOf",
    "Lake",
    "LakeBusy",
    "LakeError",
    "LakeUnreachable",
    "ObjectFacts",
    "ObjectFolder",
    "current_aliases",
    "current_pages",
]

_FILES = {
    "current": ("current_aliases", "current_pages"),
    "error": ("LakeBusy", "LakeError", "LakeUnreachable"),
    "lake": ("Appended", "Lake"),
    "objects": ("ObjectFacts", "ObjectFolder"),
    "tables": ("AsOf",),
}


def __getattr__(name: str) -> object:
    for file, names in _FILES.items():
        if name in names:
            return getattr(import_module(f"lake.{file}"), name)
    raise AttributeError(f"module 'lake' has no attribute {name!r}")
