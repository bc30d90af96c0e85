"""A load balancer that a test holds in its hand: forwards TCP connections to one server, then to another."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit


class Switchboard:
    """`address` is where browsers go. `lead_to` makes new connections go to another server and cuts the ones that are
    there, as the loss of a server does."""

    def __init__(self, address: str) -> None:
        self._to = _place(address)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._welcome, daemon=True).start()

    def lead_to(self, address: str) -> None:
        self._to = _place(address)
        self.cut()

    def cut(self) -> None:
        """End all connections; new ones are taken at once."""
        with self._lock:
            ended, self._open = self._open, set()
        for end in ended:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Switchboard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        self.cut()

    def _welcome(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            try:
                called = socket.create_connection(self._to)
            except OSError:
                caller.close()
                continue
            with self._lock:
                self._open |= {caller, called}
            for source, target in ((caller, called), (called, caller)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return str(parts.hostname), int(parts.port or 80)
