"""The pages that a crawl has evidence against, and whether so many may leave the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.source import Source
from scrapers.history import History
from scrapers.ledger import Ledger

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Losses:
    """`lost` are (URL, reason) of the pages that would answer no more, of `before` that were there before the crawl.

    A page that moved to, or is the same as, one that is there is no loss: its content still answers.
    """

    before: int
    lost: Sequence[tuple[str, str]]
    is_all: bool

    @property
    def share(self) -> float:
        """The share of the source's pages that would be lost, 0 to 1."""
        return len(self.lost) / self.before if self.before else 0.0

    def are_too_many(self, source: Source) -> bool:
        """Whether a person has to look first: beyond the source's limit, or when no page at all was found."""
        if not self.lost:
            return False
        allowed = source.removal
        return self.is_all or (len(self.lost) > allowed.always_allowed and self.share > allowed.max_share)

    def message(self, source: Source) -> str:
        """Say how many, how large a share, which for instance, and what to do."""
        examples = "".join(f"\n  {url}: {reason}" for url, reason in self.lost[:_EXAMPLES])
        more = len(self.lost) - _EXAMPLES
        rest = f"\n  and {more:,} more" if more > 0 else ""
        limit = "no page at all was found" if self.is_all else f"the limit is {source.removal.max_share:.0%}"
        return (
            f"{len(self.lost):,} of {self.before:,} pages of {source.name!r} would vanish ({self.share:.0%}; {limit}), "
            f"so none was removed and all keep answering. For instance:{examples}{rest}\n"
            f"If the site is broken, crawl again when it is well. If the pages are really gone: lorechat crawl "
            f"{source.name} --accept-removals (in Dagster: accept_removals: true in the config of raw_html), or raise "
            "removal.max_share in the source file."
        )


def losses_of(history: History, ledger: Ledger) -> Losses:
    """Return what the crawl's evidence would take away."""
    before = [url for url, page in history.known.items() if page.is_present]
    lost = [(url, _reason(url, ledger)) for url in before if ledger.speaks_against(url) and not ledger.answers(url)]
    return Losses(before=len(before), lost=sorted(lost), is_all=ledger.present == 0)


def _reason(url: str, ledger: Ledger) -> str:
    decision = ledger.decision(url)
    return decision.reason if decision is not None else ""
