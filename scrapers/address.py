"""Which network addresses a crawl may connect to: public ones, unless its source allows private hosts."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


def literal_address(host: str) -> Address | None:
    """Return the address that a host of a canonical URL is written as, None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_private(address: Address) -> bool:
    """Whether an address is anything but a public host: private, loopback, link-local, multicast, reserved.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) counts as itself.
    """
    inner = _embedded(address)
    if inner is not None:
        return is_private(inner)
    return not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified


def _embedded(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
