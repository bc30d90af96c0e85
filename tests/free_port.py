"""A port for a server of a test."""

from __future__ import annotations

import random
import socket

_PORTS = range(20_000, 32_000)
"""Below those that systems give to connections, of which one could take a port before the server does."""


def free_port() -> int:
    """Return a port of loopback that nobody has now."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
