"""Bytes at rest: tables of rows that are appended once and never changed."""

from lake.current import current_aliases, current_pages
from lake.error import LakeBusy, LakeError, LakeUnreachable
from lake.lake import Appended, AsOf, Lake
from lake.objects import ObjectFacts, ObjectFolder

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
