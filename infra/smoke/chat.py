"""Asks the chat, through CloudFront and the load balancer, how it is."""

from __future__ import annotations

import urllib.error
import urllib.request

_SECONDS = 60


def trouble(address: str, *, knows: bool) -> str:
    """Return what is wrong with the chat at `address`, or nothing. One that need not know anything yet only has to
    live: before the first crawl none is ready to answer."""
    path = "/health/ready" if knows else "/health/live"
    request = urllib.request.Request(f"{address}{path}", headers={"User-Agent": "LoreChat-smoke"})  # noqa: S310  as below
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310  the stack's own address
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return f"{path} says {error.code}: {error.read(500).decode('utf-8', 'replace')}"
    except OSError as error:
        return f"{path} cannot be asked: {error}"
