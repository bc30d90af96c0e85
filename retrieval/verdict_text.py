"""What a verdict means for a page's answers, and what a person can do about it."""

from __future__ import annotations

from typing import NamedTuple

from data_contracts.verdict import Verdict


class VerdictText(NamedTuple):
    """`because` ends "It is not in the answers because ..."; `advice` is the next step. Both may hold {source}."""

    because: str
    advice: str


VERDICT_TEXTS = {
    Verdict.FETCHED: VerdictText("its bytes are not in the lake any more", "Run lorechat crawl {source}."),
    Verdict.UNCHANGED: VerdictText("its bytes are not in the lake any more", "Run lorechat crawl {source}."),
    Verdict.DUPLICATE_OF: VerdictText("another page of the source says the same and answers for it", "Nothing."),
    Verdict.REDIRECTED: VerdictText("it leads to another URL", "Ask about the URL that it leads to."),
    Verdict.ROBOTS: VerdictText(
        "robots.txt forbids it",
        "Ask the site's owner to allow it. On a site of your own, change robots.txt, or set politeness.obey_robots: "
        "false in {source}.yaml.",
    ),
    Verdict.NOINDEX: VerdictText(
        "the page asks not to be indexed", "The page's owner can remove the noindex directive; then crawl again."
    ),
    Verdict.OUT_OF_SCOPE: VerdictText(
        "it is out of the source's scope", "Widen scope in {source}.yaml, then run lorechat crawl {source}."
    ),
    Verdict.TOO_DEEP: VerdictText(
        "it is deeper than the source's limit of links", "Raise limits.depth in {source}.yaml, then crawl again."
    ),
    Verdict.LIMIT: VerdictText(
        "a limit of the source was reached first", "Raise limits.pages in {source}.yaml, then crawl again."
    ),
    Verdict.TOO_LARGE: VerdictText(
        "it is larger than the source allows", "Raise limits.page_bytes in {source}.yaml, then crawl again."
    ),
    Verdict.NOT_HTML: VerdictText("it is not HTML", "LoreChat reads HTML pages only."),
    Verdict.LANGUAGE: VerdictText(
        "it declares a language that the source does not want", "Add the language to languages in {source}.yaml."
    ),
    Verdict.PRIVATE_ADDRESS: VerdictText(
        "its host has a private address",
        "For a site of your own, set allow_private_hosts: true in {source}.yaml, then crawl again.",
    ),
    Verdict.GONE: VerdictText(
        "the site says that it does not exist any more", "When the page is back, the next crawl finds it again."
    ),
    Verdict.SOFT_404: VerdictText(
        "it shows what the site shows for pages that do not exist",
        "Open it in a browser; when it has content of its own, the next crawl finds it again.",
    ),
    Verdict.ERASED: VerdictText("it was erased on request", "An erased page is not fetched again until it is let in."),
    Verdict.ERROR: VerdictText(
        "it could not be fetched", "Look at the reason, then try again: lorechat crawl {source}."
    ),
    Verdict.MOVED_FOR_NOW: VerdictText(
        "it led elsewhere for the time being", "Crawl again later: lorechat crawl {source}."
    ),
    Verdict.CHALLENGE: VerdictText(
        "the site showed a captcha, a login or an error instead of it",
        "Crawl more slowly (politeness.delay_seconds), give auth_headers, or ask the site's owner to let LoreChat in.",
    ),
}
