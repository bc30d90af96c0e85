"""Ports that the laptop run listens on."""

from __future__ import annotations

import socket

from orchestration.error import PortTaken


def check_port(port: int, *, purpose: str, setting: str, host: str = "127.0.0.1") -> None:
    """Raise PortTaken when another program listens on the port; `setting` names what to change."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"port {port}, where {purpose} should listen on {host}, cannot be used: {error.strerror}. "
                f"Stop the program that uses it, or choose another one: {setting}={port + 100} lorechat up"
            ) from error
