"""Makes Dagster's storage ready for this version's code: `python -m orchestration.instance_upgrade`.

In AWS it runs before each start of the daemon: tables are made or migrated, and the pools get their limits. Running it
again changes nothing.
"""

from __future__ import annotations

import sys

import dagster as dg

from orchestration.pools import set_pool_limits


def main() -> int:
    """Upgrade the instance that DAGSTER_HOME configures."""
    with dg.DagsterInstance.get() as instance:
        instance.upgrade(_say)
        set_pool_limits(instance)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
