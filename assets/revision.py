"""Code versions of the assets: raising one makes Dagster call what the older code made out of date.

Documents and chunks carry theirs in the version that names their rows, beside the settings they were made with.
"""

from __future__ import annotations

EXTRACTOR = "3"  # raise it whenever a page may come out differently
CHUNKER = "2"  # raise it whenever the same markdown would be cut in another way
EMBEDDER = "1"
INDEX = "1"
