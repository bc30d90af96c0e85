"""Deleting what builds left behind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upstash_vector import AsyncIndex

from retrieval.upstash.namespace import delete_namespace
from retrieval.upstash.registry import Registry

PAGES = ".pages"
"""Behind a release's namespace: that of its pages. No release's own name has a dot."""
REGISTRY = "registry"
"""Behind a deployment's prefix: its registry."""
_ABANDONED = timedelta(hours=1)


async def sweep(index: AsyncIndex, registry: Registry, source: str, start: str) -> None:
    """Delete what builds of a source left behind that nobody has worked on for an hour. `start` is what the namespaces
    of its releases begin with.

    Read in this order, since a build that ends writes its release before it takes its note away: namespaces, notes,
    releases. What has neither a release nor a young note is nobody's.
    """
    spaces = [name for name in await index.list_namespaces() if name.startswith(start)]
    notes = await registry.building(source)
    built = {manifest.release_id for manifest in await registry.manifests(source)}
    limit = datetime.now(UTC) - _ABANDONED
    for name in spaces:
        release_id = name.removeprefix(start).removesuffix(PAGES)
        if "." in release_id or release_id == REGISTRY:  # another deployment's, whose prefix begins with this one's
            continue
        if release_id not in built and notes.get(release_id, datetime.min.replace(tzinfo=UTC)) < limit:
            await delete_namespace(index, name)
            await registry.end(source, release_id)
