"""Names to addresses with a guard: what a connection is made to is what was checked.

Twisted asks this resolver for every connection, redirects, robots.txt and numeric hosts included, and connects to
the addresses it gets. So a name that answers differently the second time (DNS rebinding) is checked the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from scrapers.address import is_private


@implementer(IResolutionReceiver)
class _CheckedReceiver:
    """Hands on the addresses that may be connected to, and notes the others."""

    def __init__(self, receiver: Any, guard: GuardedResolver, host: str) -> None:
        self._receiver, self._guard, self._host = receiver, guard, host

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if self._guard.allows(self._host, address.host):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """Wraps a reactor's resolver; `refused` maps each host that was turned away to the address that was the reason."""

    def __init__(self, resolver: Any, *, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self.refused: dict[str, str] = {}

    def allows(self, host: str, address: str) -> bool:
        """Whether a connection to `address`, found for `host`, may be made."""
        if self._allow_private or not is_private(ip_address(address.split("%", 1)[0])):
            return True
        self.refused[host] = address
        return False

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Resolve as the wrapped resolver does, and hand on only what is allowed."""
        checked = _CheckedReceiver(resolutionReceiver, self, hostName)
        return self._resolver.resolveHostName(checked, hostName, portNumber, addressTypes, transportSemantics)
