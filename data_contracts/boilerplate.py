"""`boilerplate`: what was learned of a site's recurring blocks, which are left out of its chunks."""

from __future__ import annotations

import dataframely as dy

from data_contracts.identity import content_id
from data_contracts.table import Table, sha256_column, utc_column


class BoilerplateLesson(dy.Schema):
    """One row per change of a source's boilerplate; the one with the highest `number` counts.

    `documents` is how many documents it was learned from. Each of `blocks` is named by its hash (see
    `data_contracts.document.DocumentBlock`); `text` is what it says on one page, `url` that page, `pages` on how many
    it stood, `share` their share, and `place` where on most of them (`top`, `bottom` or `inside`). Blocks with `stays`
    match a pattern of the source's `boilerplate.keep` and are not left out.
    """

    source = dy.String(nullable=False)
    lesson_id = sha256_column(primary_key=True)
    number = dy.Int64(nullable=False, min=1)
    learned_at = utc_column()
    documents = dy.Int64(nullable=False, min=0)
    blocks = dy.List(
        dy.Struct(
            {
                "hash": dy.Int64(nullable=False),
                "kind": dy.String(nullable=False),
                "text": dy.String(nullable=False),
                "url": dy.String(nullable=False),
                "pages": dy.Int64(nullable=False),
                "share": dy.Float64(nullable=False),
                "place": dy.String(nullable=False),
                "stays": dy.Bool(nullable=False),
            }
        ),
        nullable=False,
    )


BOILERPLATE = Table("boilerplate", BoilerplateLesson)


def lesson_id(source: str, number: int) -> str:
    """Name a source's lesson: two workers that learn at once write one."""
    return content_id(source, str(number))
