"""Prefixes within the stage's buckets, known also to programs that have nothing to do with the CDK."""

from __future__ import annotations

INCOMING, PROCESSED = "incoming/", "processed/"
"""Of the source bucket: what others drop, and what the function makes of it."""

LAKE_PREFIX = "lake"
"""Where the lake is in its bucket."""
