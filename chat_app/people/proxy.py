"""Who really asks when proxies stand between: what they say counts only when they are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

from chat_app.people.error import UnfitSetting


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks of trusted proxies. `X-Forwarded-For` is read from its end, which the nearest proxy wrote: the
    first address that is not a trusted proxy's is who asks; what stands before it anybody may have made up."""

    networks: Sequence[IPv4Network | IPv6Network]

    @classmethod
    def read(cls, setting: str) -> Proxies:
        """Read addresses and networks joined by commas. Errors: UnfitSetting."""
        try:
            return cls([ip_network(part.strip(), strict=False) for part in setting.split(",") if part.strip()])
        except ValueError as error:
            raise UnfitSetting(
                f"LORECHAT_TRUSTED_PROXIES cannot be read: {error}. Write addresses or networks, as "
                "10.0.0.0/8,127.0.0.1."
            ) from error

    def trusts(self, address: str) -> bool:
        """Whether an address is a trusted proxy's."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        return any(parsed in network for network in self.networks)

    def client(self, scope: Scope) -> tuple[str, int]:
        """Return the address and port of who asks; port 0 when a proxy says the address."""
        address, port = scope.get("client") or ("", 0)
        if not self.trusts(address):
            return address, port
        named = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        for said in reversed([part.strip() for part in named if part.strip()]):
            try:
                address, port = str(ip_address(said)), 0
            except ValueError:
                break
            if not self.trusts(address):
                break
        return address, port

    def is_secure(self, scope: Scope) -> bool:
        """Whether the browser's own connection is encrypted."""
        if scope.get("scheme") in ("https", "wss"):
            return True
        address = (scope.get("client") or ("", 0))[0]
        said = Headers(scope=scope).get("x-forwarded-proto", "")
        return self.trusts(address) and said.split(",")[-1].strip().lower() in ("https", "wss")
