"""What the doubles of all model providers share: the text that they stream, what they were asked, how they behave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.doubles.behaviour import Behaviour, behaviour_of, pieces_of
from tests.doubles.loopback_server import LoopbackServer

Script = Callable[[dict[str, Any]], str]
"""Makes an answer from a request's body."""


class ProviderServer(LoopbackServer):
    """`text` is what is streamed, or what `script` makes of the request; `delay` is the pause in seconds before each
    piece, `first_delay` before the first one. `asked` holds the requests' bodies, oldest first; `keys` their
    `authorization` headers. `counts` are the tokens that it claims: input, output, cached."""

    def __init__(self, port: int = 0, *, delay: float = 0.0, first_delay: float = 0.0) -> None:
        self.text = "Swarms leave in late spring [1]."
        self.script: Script | None = None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.counts = (120, 9, 20)
        self.delay = delay
        self.first_delay = first_delay
        self._times: Counter[str] = Counter()
        super().__init__(port)

    def note(self, body: dict[str, Any]) -> None:
        """Remember what was asked."""
        with self.changed:
            self.asked.append(body)
            self.changed.notify_all()

    def wait_for_requests(self, count: int = 1) -> bool:
        """Wait until so many requests came; False when they did not."""
        return self.wait_until(lambda: len(self.asked) >= count)

    def behaviour(self, model: str) -> Behaviour:
        """How this request is answered; the next one for the model may be answered otherwise."""
        found = behaviour_of(model, self._times[model])
        self._times[model] += 1
        return found

    def pieces(self, body: dict[str, Any], how: Behaviour) -> Sequence[str]:
        """The pieces that are sent before the stream does what it does then."""
        said = self.script(body) if self.script else self.text
        pieces = pieces_of(said if how.text is None else how.text)
        return pieces if how.pieces is None else pieces[: min(how.pieces, len(pieces) // 2)]

    async def pause(self, place: int) -> None:
        """Take as long as a model takes for the piece at `place`."""
        wait = self.first_delay if place == 0 else self.delay
        if wait:
            await asyncio.sleep(wait)


def obeying(body: dict[str, Any]) -> str:
    """The worst model: it does what any line in its prompt says that begins with an instruction, wherever it stands."""
    prompt = str(body)
    lines = [line for line in prompt.replace("\\n", "\n").splitlines() if "ignore" in line.lower()]
    return (" ".join(lines) or "Nothing was commanded [1].")[:2000]
