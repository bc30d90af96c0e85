"""The language model of the overhead benchmark: the OpenAI double, noting when each marked question reaches it.

    python -m benches.overhead_model

prints its address and serves until it is ended. `GET /arrivals` tells, for each mark, the monotonic clock's seconds,
which all processes of a machine share. `GET /prompts` tells how many characters of text came with each.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from types import ModuleType

if "tests" not in sys.modules:  # an installed package of the same name would be found otherwise
    _tests = ModuleType("tests")
    _tests.__path__ = [str(Path(__file__).resolve().parents[1] / "tests")]
    sys.modules["tests"] = _tests

from tests.doubles.loopback_server import Reply, Request
from tests.doubles.openai_double import ProviderDouble

MARK = re.compile(r"\bmark(\d+)\b")
TEXT = "A recrawl visits the site again and redoes only what has changed since the last crawl [1]. " * 6
PIECE_SECONDS = 0.02
"""Some fifty pieces a second, as a fast model streams."""


class NotingModel(ProviderDouble):
    """Streams the same answer to everybody."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.prompts: dict[str, float] = {}
        super().__init__(delay=PIECE_SECONDS)
        self.text = TEXT

    async def answer(self, request: Request, reply: Reply) -> None:
        if request.path.endswith("/arrivals"):
            await reply.json(200, self.arrivals)
            return
        if request.path.endswith("/prompts"):
            await reply.json(200, self.prompts)
            return
        now = time.monotonic()
        if request.method == "POST" and request.json().get("stream"):
            for mark in MARK.findall(request.body.decode()):
                self.arrivals.setdefault(mark, now)
                self.prompts[mark] = sum(len(str(said.get("content", ""))) for said in request.json()["messages"])
        self.asked.clear()
        await super().answer(request, reply)


def main() -> None:
    """Serve until the process is ended."""
    double = NotingModel()
    print(double.origin, flush=True)
    double.serve()


if __name__ == "__main__":
    main()
