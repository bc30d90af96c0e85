"""Which addresses may be connected to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest
from twisted.internet.address import IPv4Address

from scrapers.address import is_private
from scrapers.fetch import retry_after
from scrapers.resolver import GuardedResolver


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.0.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("::ffff:127.0.0.1", True),
        ("64:ff9b::7f00:1", True),
        ("2002:7f00:1::", True),
        ("8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::808:808", False),
    ],
)
def test_only_public_addresses_are_public(address: str, private: bool) -> None:
    assert is_private(ip_address(address)) is private


class _Names:
    """A resolver whose answers change, as a rebinding attacker's do."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)

    def resolveHostName(self, receiver: Any, *asked: Any) -> None:
        receiver.resolutionBegan(self)
        receiver.addressResolved(IPv4Address("TCP", self._answers.pop(0), 80))
        receiver.resolutionComplete()


class _Connections:
    """What Twisted would connect to."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def resolutionBegan(self, resolution: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:
        pass


def test_a_name_that_turns_private_later_is_refused_then() -> None:
    guard = GuardedResolver(_Names("8.8.8.8", "169.254.169.254"), allow_private=False)
    connections = _Connections()
    guard.resolveHostName(connections, "rebinding.example", 80)
    guard.resolveHostName(connections, "rebinding.example", 80)
    assert connections.addresses == ["8.8.8.8"]
    assert guard.refused == {"rebinding.example": "169.254.169.254"}


def test_private_addresses_pass_where_the_source_allows_them() -> None:
    guard = GuardedResolver(_Names("127.0.0.1"), allow_private=True)
    connections = _Connections()
    guard.resolveHostName(connections, "localhost", 80)
    assert connections.addresses == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds
