"""A language model whose answer a test holds back."""

from __future__ import annotations

import asyncio
import threading

from tests.doubles.openai_double import ProviderDouble


class HeldModel(ProviderDouble):
    """A language model that stops after its first words until it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        super().__init__()
        self.text = "Choose a calm day [1], and write down what you see. " * 6

    async def pause(self, place: int) -> None:
        while place > 3 and not self.released.is_set():
            await super().pause(place)
            await self._beat()

    async def _beat(self) -> None:
        await asyncio.sleep(0.02)
