"""Prefixes within the stage's buckets, known also to programs that have nothing to do with the CDK."""

from __future__ import annotations

INCOMING, PROCESSED = "incoming/", "processed/"
"""Of the source bucket: what others drop, and what the function makes of it."""

LAKE_PREFIX = "lake"
"""Where the lake is in its bucket."""

WORKERS_PREFIX = f"{LAKE_PREFIX}/pipes/"
"""In the lake's bucket: the jobs and words of workers, of use only while these work."""
