"""How a crawl ended, in a sentence."""

from __future__ import annotations

from data_contracts.source import Source
from data_contracts.verdict import Verdict
from scrapers.ledger import Ledger

FINISHED = "finished"


def outcome_of(source: Source, ledger: Ledger) -> str:
    """Return `finished`, or a sentence with the cause and the next step when the crawl brought less than it should."""
    counts = ledger.counts
    first = (*source.start_urls, *source.sitemaps)[0]
    if ledger.present:
        if counts[Verdict.LIMIT]:
            return f"{FINISHED}, but {counts[Verdict.LIMIT]} URLs were left out by limits; see the ledger"
        return FINISHED
    if counts[Verdict.ERASED] and not counts[Verdict.ERROR]:
        return (
            f"what {source.name!r} begins with was erased on request. Choose other start URLs, or let it in again: "
            f"`lorechat erase URL --let-in-again`, for all of it `lorechat erase --source {source.name} --all "
            "--let-in-again`."
        )
    if counts[Verdict.ROBOTS] and not counts[Verdict.ERROR]:
        return (
            f"robots.txt forbids all pages that {source.name!r} would begin with ({first}). Ask the site's owner, "
            "or choose start URLs that it allows; set politeness.obey_robots: false only for a site of your own."
        )
    if counts[Verdict.PRIVATE_ADDRESS] and not counts[Verdict.ERROR]:
        return (
            f"{first} is on a private or local address. If that is meant, set allow_private_hosts: true "
            f"in the source file of {source.name!r}."
        )
    if counts[Verdict.CHALLENGE] > counts[Verdict.ERROR]:
        reason, count = ledger.walls.most_common(1)[0]
        return (
            f"no page of {source.name!r} shows its content: {reason} ({count} of {ledger.decided} URLs). "
            f"Open {first} in a browser. Behind a login, give LoreChat access (auth_headers); behind a captcha, ask "
            "the site's owner to let LoreChat in; a site that only scripts draw can be dropped into the inbox as"
            " rendered pages (inbox: true). Pages known from before keep answering."
        )
    if counts[Verdict.ERROR]:
        reason, count = ledger.errors.most_common(1)[0]
        return (
            f"no page of {source.name!r} could be fetched: {reason} ({count} of {ledger.decided} URLs). "
            f"Check that {first} opens in a browser, then crawl again; pages known from before keep answering."
        )
    seen = ", ".join(f"{count} {verdict.value}" for verdict, count in counts.most_common())
    return (
        f"no page of {source.name!r} was found ({seen or 'no URL at all'}). "
        f"Check the start URLs and the scope in its source file, beginning with {first}."
    )
