"""A source: a website with its crawl rules, as `scrapers/sources/<name>.yaml` states them."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from data_contracts.identity import text_hash

SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(_Strict):
    """Which URLs belong to the source. A page outside is recorded in the ledger and not fetched."""

    hosts: tuple[str, ...] = Field(default=(), description="host names; empty: the hosts of start URLs and sitemaps")
    path_prefixes: tuple[str, ...] = Field(default=(), description="a path must begin with one of them; empty: any")
    include: tuple[str, ...] = Field(default=(), description="regular expressions; a URL must match one; empty: any")
    exclude: tuple[str, ...] = Field(default=(), description="regular expressions; a URL that matches one is out")

    @field_validator("include", "exclude")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
        return patterns


class Limits(_Strict):
    """Where a crawl ends."""

    pages: int = Field(default=10_000, ge=1, description="most pages to fetch in one crawl")
    depth: int = Field(default=50, ge=0, description="most links to follow from a start URL")
    chain: int = Field(
        default=40, ge=1, description="most links in a row through URLs that differ only in numbers: stops calendars"
    )
    page_bytes: int = Field(default=5_000_000, ge=1_000, description="largest body, in bytes")
    page_seconds: float = Field(default=30.0, gt=0, description="longest download of one page")


class Politeness(_Strict):
    """How gently the site is asked."""

    delay_seconds: float = Field(default=0.0, ge=0, description="pause between requests to one host")
    concurrency: int = Field(default=8, ge=1, le=64, description="requests to one host at a time")
    autothrottle: bool = Field(default=True, description="slow down as the site slows down")
    retries: int = Field(default=3, ge=0, le=10, description="retries after 429, 5xx and connection errors")
    user_agent: str = Field(default="LoreChat/0.1", min_length=1, description="who asks")
    contact: str = Field(default="", description="mail address or URL, appended to the user agent")
    obey_robots: bool = Field(default=True, description="obey robots.txt")


class Selectors(_Strict):
    """CSS selectors that override what LoreChat finds by itself."""

    main: str | None = Field(default=None, description="the element that holds the content")
    drop: tuple[str, ...] = Field(default=(), description="elements to leave out")
    source_text: str | None = Field(default=None, description="element whose text names the page's origin")
    source_link: str | None = Field(default=None, description="element whose href points to the page's origin")


class UrlRules(_Strict):
    """How URLs are made canonical beyond the standard's normalisation."""

    trailing_slash: Literal["keep", "strip", "add"] = Field(default="keep")
    drop_parameters: tuple[str, ...] = Field(default=(), description="query parameters to drop, besides trackers")


class Source(_Strict):
    """A website with its crawl rules."""

    name: SourceName
    start_urls: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    title: str = Field(default="", description="what people call it; empty: its host")
    scope: Scope = Scope()
    limits: Limits = Limits()
    politeness: Politeness = Politeness()
    selectors: Selectors = Selectors()
    urls: UrlRules = UrlRules()
    languages: tuple[str, ...] = Field(default=(), description="ISO 639-1 codes to keep; empty: all")
    schedule: str | None = Field(default=None, description="cron expression for recrawls, in UTC")
    auth_headers: dict[str, str] = Field(
        default_factory=dict, description="header -> NAME of the environment variable that holds its value"
    )
    allow_private_hosts: bool = Field(default=False, description="allow loopback, private and link-local addresses")

    @field_validator("start_urls", "sitemaps")
    @classmethod
    def _urls_are_http(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{url!r} is not an http or https URL")
        return urls

    @model_validator(mode="after")
    def _has_somewhere_to_start(self) -> Self:
        if not self.start_urls and not self.sitemaps:
            raise ValueError("give at least one of start_urls and sitemaps")
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts in scope."""
        given = self.scope.hosts or [urlsplit(url).hostname or "" for url in (*self.start_urls, *self.sitemaps)]
        return frozenset(host.lower() for host in given)

    @property
    def display_title(self) -> str:
        """What people call it."""
        return self.title or urlsplit((*self.start_urls, *self.sitemaps)[0]).netloc

    def settings_hash(self) -> str:
        """Name the settings that a crawl runs under (sha256)."""
        return text_hash(self.model_dump_json())
