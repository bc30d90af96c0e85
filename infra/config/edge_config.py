"""What stands in front of the chat: addresses, firewall, certificate."""

from __future__ import annotations

from pydantic import Field

from infra.config.strict import Strict


class Domain(Strict):
    """A name in a Route 53 zone of the account."""

    name: str = Field(pattern=r"^[a-z0-9.-]+$", description="the chat's name for people, as chat.example.com")
    zone_id: str = Field(pattern=r"^Z[A-Z0-9]+$", description="id of the hosted zone")
    zone_name: str = Field(pattern=r"^[a-z0-9.-]+$", description="name of the hosted zone, as example.com")


class Firewall(Strict):
    """Rules of the web application firewall beside AWS's managed ones."""

    requests_per_five_minutes: int = Field(default=2_000, ge=10, description="most requests of one address")
    bot_control: bool = Field(default=False, description="AWS's bot control for what browsers open, at an extra price")
    blocked_countries: tuple[str, ...] = Field(default=(), description="ISO codes of countries that are refused")
    blocked_addresses: tuple[str, ...] = Field(default=(), description="IPv4 networks that are refused")
