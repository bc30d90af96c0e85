"""Builds the release of `test_build.py` in a process that a test may kill: `python build_child.py URL TOKEN`."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

_tests = ModuleType("tests")  # an installed package of the same name would be found otherwise
_tests.__path__ = [str(Path(__file__).resolve().parents[2])]
sys.modules["tests"] = _tests

from tests.retrieval.conftest import Shelf  # noqa: E402 - see above
from tests.retrieval.upstash.test_build import PLAN, TEXTS, UpstashStore  # noqa: E402 - its path is set above

if __name__ == "__main__":
    with UpstashStore(*sys.argv[1:], plan=PLAN) as store:
        Shelf(store).publish(TEXTS)
