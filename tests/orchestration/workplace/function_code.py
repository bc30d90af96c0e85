"""The code of a function that does shares, as the package of LoreChat's function does."""

import os

from assets.worker import run_in_pipes


def handle(event, context):  # type: ignore[no-untyped-def] # as Lambda calls it
    status = run_in_pipes(event["stage"], event["source"], event["shard"], dict(os.environ), event)
    return {"status": status}
