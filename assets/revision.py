"""Code versions of the assets: raising one makes Dagster call what the older code made out of date.

Rows have finer versions of their own, which follow the code of the steps and the settings of the source.
"""

from __future__ import annotations

CRAWLER = "1"
EXTRACTOR = "1"
CHUNKER = "1"
EMBEDDER = "1"
INDEX = "1"
