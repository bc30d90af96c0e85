"""A source: a website with its crawl rules, as `scrapers/sources/<name>.yaml` states them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from cronsim import CronSim, CronSimError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from data_contracts.identity import text_hash
from data_contracts.run_size import RunSize

SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _compilable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return patterns


def _check_cron(expression: str) -> None:
    example = "write minute, hour, day, month and weekday, as `0 3 * * 1` for Mondays at 3:00 UTC"
    if len(expression.split()) != 5:  # a sixth field would be seconds
        raise ValueError(f"it is no cron expression of five fields: {example}")
    try:
        next(CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"it is no cron expression ({error or 'no such day'}): {example}") from error


class Scope(_Strict):
    """Which URLs belong to the source. A page outside is recorded in the ledger and not fetched."""

    hosts: tuple[str, ...] = Field(default=(), description="host names; empty: the hosts of start URLs and sitemaps")
    path_prefixes: tuple[str, ...] = Field(default=(), description="a path must begin with one of them; empty: any")
    include: tuple[str, ...] = Field(default=(), description="regular expressions; a URL must match one; empty: any")
    exclude: tuple[str, ...] = Field(default=(), description="regular expressions; a URL that matches one is out")

    @field_validator("include", "exclude")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return _compilable(patterns)


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


class Removal(_Strict):
    """When pages that are gone may leave the answers."""

    max_share: float = Field(
        default=0.3, ge=0, le=1, description="largest share of a source's pages that one crawl may take away"
    )
    always_allowed: int = Field(default=5, ge=0, description="so many pages may go whatever their share")


class Boilerplate(_Strict):
    """Which recurring blocks of a site are left out of chunks."""

    drop: bool = Field(default=True, description="leave out blocks that recur on many pages")
    min_share: float = Field(default=0.4, gt=0, le=1, description="share of pages on which a block must stand")
    min_pages: int = Field(default=8, ge=2, description="pages on which a block must stand at least")
    keep: tuple[str, ...] = Field(default=(), description="regular expressions; a block that matches one stays")

    @field_validator("keep")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return _compilable(patterns)


class Quality(_Strict):
    """What the checks before publishing demand; a share is of the source's pages, 0 to 1."""

    max_little_text: float = Field(default=0.5, ge=0, le=1, description="pages with little text")
    max_text_fall: float = Field(
        default=0.5, ge=0, le=1, description="fall of the text's length since the last release"
    )
    max_boilerplate: float = Field(default=0.8, ge=0, le=1, description="share of the text that recurs on many pages")
    max_false_pages: float = Field(
        default=0.2, ge=0, le=1, description="not-found, error and captcha pages with status 200"
    )
    max_duplicates: float = Field(default=0.5, ge=0, le=1, description="pages that say the same as another")
    max_language_shift: float = Field(default=0.3, ge=0, le=1, description="pages that changed their language")
    max_damaged: float = Field(default=0.1, ge=0, le=1, description="pages with damaged characters")
    max_broken_markdown: float = Field(default=0.1, ge=0, le=1, description="pages with broken fences or tables")


class Evaluation(_Strict):
    """What a release must reach before it goes live; 0 to 1."""

    min_recall: float = Field(default=0.5, ge=0, le=1, description="recall@5 on answerable golden questions")
    max_fall: float = Field(default=0.1, ge=0, le=1, description="fall of recall@5 against the live release")
    min_answerable: float = Field(default=0.5, ge=0, le=1, description="golden questions whose quote is in the pages")


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
    inbox: bool = Field(default=False, description="pages are also dropped into the inbox folder; needs no start URL")
    removal: Removal = Removal()
    boilerplate: Boilerplate = Boilerplate()
    quality: Quality = Quality()
    evaluation: Evaluation = Evaluation()
    allow_private_hosts: bool = Field(default=False, description="allow loopback, private and link-local addresses")
    run_size: RunSize | None = Field(default=None, description="of the task of its runs, where each has one; see AWS")

    @field_validator("start_urls", "sitemaps")
    @classmethod
    def _urls_are_http(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{url!r} is not an http or https URL")
        return urls

    @field_validator("schedule")
    @classmethod
    def _schedule_is_cron(cls, schedule: str | None) -> str | None:
        if schedule is not None:
            _check_cron(schedule)
        return schedule

    @model_validator(mode="after")
    def _has_somewhere_to_start(self) -> Self:
        if not self.is_crawled and not self.inbox:
            raise ValueError("give at least one of start_urls and sitemaps, or `inbox: true`")
        return self

    @property
    def is_crawled(self) -> bool:
        """Whether the source has somewhere for a crawl to start; else its pages come through the inbox alone."""
        return bool(self.start_urls or self.sitemaps)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts in scope."""
        given = self.scope.hosts or [urlsplit(url).hostname or "" for url in (*self.start_urls, *self.sitemaps)]
        return frozenset(host.lower() for host in given)

    @property
    def display_title(self) -> str:
        """What people call it."""
        starts = (*self.start_urls, *self.sitemaps)
        return self.title or (urlsplit(starts[0]).netloc if starts else self.name)

    def settings_hash(self) -> str:
        """Name the settings that decide what a server answers to us and what is read of it (sha256).

        Crawls under equal ones can build on each other's answers. Scope, limits and pace only decide what is asked.
        """
        told = self.model_dump(include={"urls": True, "languages": True, "politeness": {"user_agent", "contact"}})
        return text_hash(json.dumps({**told, "auth_headers": sorted(self.auth_headers.items())}, sort_keys=True))
