"""`lorechat why`: why a page answers, or why not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.option import Json, OnlySources
from orchestration.commands.output import print_json

if TYPE_CHECKING:
    from data_contracts.source import Source
    from retrieval.account import Account
    from retrieval.inquiry import Inquiry
    from retrieval.standing import Place, Standing

_MODES = (("together", "fused"), ("by meaning", "dense"), ("by words", "lexical"))


def why(
    url: Annotated[str, typer.Argument(help="The page's address, in any spelling.")],
    question: Annotated[str | None, typer.Option("--question", "-q", help="Where does it stand for this one?")] = None,
    source: OnlySources = None,
    as_json: Json = False,
) -> None:
    """Say why a page answers or not: found where, fetched when, kept or refused, in which releases, at which rank.

    \b
    Examples:
      lorechat why https://docs.example.com/install.html
      lorechat why docs.example.com/install.html --question "How do I install it?"
      lorechat why https://docs.example.com/install.html --source guide --json
    """
    from orchestration.commands.source_choice import choose_sources
    from orchestration.settings import PipelineSettings
    from retrieval.inquiry import Inquiry

    settings = PipelineSettings()
    chosen = choose_sources(settings.catalog(), source)
    inquiry = Inquiry(settings.lake(), settings.store(), lambda _: settings.embedder(), cut=settings.passages)
    spellings = {one.name: _canonical(url, one) for one in chosen}
    accounts = inquiry.accounts(spellings, question=question)
    if not accounts:
        _tell_unseen(inquiry, {one.name: one for one in chosen}, spellings, as_json)
    for account in accounts:
        print_json(account_row(account)) if as_json else _show(account)


def _canonical(url: str, source: Source) -> str:
    """The URL as the source's rules write it; as it was typed where it is no address at all."""
    from scrapers.canonical import canonical_url

    typed = url.strip()
    return canonical_url(typed if "://" in typed else f"https://{typed}", rules=source.urls) or typed


def account_row(account: Account) -> dict[str, Any]:
    """An account as a JSON object."""
    return {
        "source": account.source,
        "url": account.url,
        "page": account.page.url,
        "answers": account.conclusion.answers,
        "conclusion": account.conclusion.sentence,
        "advice": account.conclusion.advice,
        "moments": [asdict(moment) for moment in account.moments],
        "history": asdict(account.page),
        "releases": [
            asdict(presence) | {"chunk_ids": None if presence.chunk_ids is None else sorted(presence.chunk_ids)}
            for presence in account.presences
        ],
        "standing": asdict(account.standing) if account.standing else None,
    }


def _show(account: Account) -> None:
    typer.secho(f"{account.url} in {account.source}", bold=True)
    for moment in account.moments:
        at = f"{moment.at:%Y-%m-%d %H:%M}" if moment.at else ""
        typer.echo(f"  {at:16}  {moment.topic:10}  {moment.text}")
    if account.standing is not None:
        _show_standing(account.standing)
    typer.echo()
    typer.secho(account.conclusion.sentence, bold=True)
    if account.conclusion.advice:
        typer.echo(f"Next: {account.conclusion.advice}")


def _show_standing(standing: Standing) -> None:
    typer.echo(f"\n  For “{standing.question}” in release {standing.release_id[:12]} (cut: {standing.cut})")
    for label, name in _MODES:
        typer.echo(f"  {label:16}  {_placed(getattr(standing, name))}")
    for rank, scored in enumerate(standing.fused.ahead, start=1):
        place = " > ".join(scored.passage.heading_path) or scored.passage.title
        typer.echo(f"  {'before it' if rank == 1 else '':16}  {rank}. {place}  {scored.passage.url}")


def _placed(place: Place) -> str:
    from retrieval.conclusion import nth

    if place.rank is None or place.best is None:
        return f"not among the first {place.searched:,}" if place.searched else "no passage has the question's words"
    cut = f", the cut's last has {place.cut_score:.3f}" if place.cut_score is not None else ""
    heading = " > ".join(place.best.passage.heading_path) or place.best.passage.title
    return f"{nth(place.rank)}, score {place.best.score:.3f}{cut}: {heading}"


def _tell_unseen(inquiry: Inquiry, sources: dict[str, Source], spellings: dict[str, str], as_json: bool) -> None:
    """Say of a URL that no crawl saw whether it could be seen, and which known ones are like it."""
    from scrapers.scope import ScopeRules

    for name, url in spellings.items():
        account = inquiry.unseen(name, url)
        refusal = ScopeRules(sources[name]).refusal(url)
        allowed = "The source's scope would allow it." if refusal is None else f"It is out of scope: {refusal[1]}."
        nearest = inquiry.nearest(name, url)
        if as_json:
            print_json(account_row(account) | {"scope": refusal[1] if refusal else None, "nearest": nearest})
            continue
        typer.secho(f"{url} in {name}", bold=True)
        typer.echo(f"{account.conclusion.sentence} {allowed}")
        typer.echo(f"Next: {account.conclusion.advice}" if refusal is None else "")
        for known in nearest:
            typer.echo(f"  like it: {known}")
