"""Which URLs belong to a source, before anything is fetched."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.address import is_private, literal_address
from scrapers.canonical import canonical_host, canonical_url

Refusal = tuple[Verdict, str]
"""A verdict with its reason, for a URL that is not fetched."""


class ScopeRules:
    """The scope of one source, compiled.

    A host without a port stands for the default ports and for the ports of the start URLs; so a site on another port
    of one machine is another site.
    """

    def __init__(self, source: Source) -> None:
        canonical = [canonical_url(url) or url for url in (*source.start_urls, *source.sitemaps)]
        origins = [urlsplit(url).netloc for url in canonical]
        self._netlocs = frozenset(_expand(source.scope.hosts, origins) if source.scope.hosts else origins)
        self._prefixes = source.scope.path_prefixes
        self._include = [re.compile(pattern) for pattern in source.scope.include]
        self._exclude = [re.compile(pattern) for pattern in source.scope.exclude]
        self._allow_private = source.allow_private_hosts

    def refusal(self, url: str) -> Refusal | None:
        """Return why a canonical URL is not fetched, None when it is in scope."""
        parts = urlsplit(url)
        outside = parts.netloc not in self._netlocs
        address = literal_address(parts.hostname or "")
        if (
            address is not None
            and is_private(address)
            and (not self._allow_private or (outside and address.is_link_local))
        ):
            return Verdict.PRIVATE_ADDRESS, f"{address} is a private or link-local address"
        return self.outside(url)

    def outside(self, url: str) -> Refusal | None:
        """Return why a canonical URL is no page of the source, whoever fetched it; without hosts every host is its."""
        parts = urlsplit(url)
        if self._netlocs and parts.netloc not in self._netlocs:
            return Verdict.OUT_OF_SCOPE, f"host {parts.netloc} is not one of the source's"
        return self._path_refusal(url, parts.path)

    def has_host(self, url: str) -> bool:
        """Whether a URL's host is one of the source's: only such hosts are sent its auth headers."""
        return urlsplit(url).netloc in self._netlocs

    def _path_refusal(self, url: str, path: str) -> Refusal | None:
        if self._prefixes and not path.startswith(self._prefixes):
            return Verdict.OUT_OF_SCOPE, f"the path begins with none of {', '.join(self._prefixes)}"
        if self._include and not any(pattern.search(url) for pattern in self._include):
            return Verdict.OUT_OF_SCOPE, "no include pattern matches"
        matched = next((pattern.pattern for pattern in self._exclude if pattern.search(url)), None)
        return (Verdict.OUT_OF_SCOPE, f"exclude pattern {matched} matches") if matched is not None else None


def _expand(hosts: tuple[str, ...], origins: list[str]) -> list[str]:
    netlocs: list[str] = []
    ports = {match[1] for origin in origins if (match := re.search(r":(\d+)$", origin))}
    for host in hosts:
        name, _, port = host.rpartition(":") if re.search(r"[^:\]]:\d+$|\]:\d+$", host) else (host, "", "")
        name = canonical_host(name.strip("[]"))
        name = f"[{name}]" if ":" in name else name
        netlocs += [f"{name}:{port}"] if port else [name, *(f"{name}:{other}" for other in ports)]
    return netlocs
