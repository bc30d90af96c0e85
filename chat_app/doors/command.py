"""`lorechat keys`: make, list and revoke the keys that open the doors for programs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from chat_app.doors.api_key import ApiKey
    from chat_app.doors.key_ring import KeyRing

Result = TypeVar("Result")

keys = typer.Typer(no_args_is_help=True, help="Keys for programs that ask: make, list, revoke.", rich_markup_mode=None)


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="What you call the program that gets it.")],
    source: Annotated[list[str] | None, typer.Option(help="A website that it may read; default: all.")] = None,
    per_minute: Annotated[int, typer.Option(min=1, help="Most questions in a minute.")] = 60,
    daily_dollars: Annotated[float | None, typer.Option(min=0.0, help="Most that its answers may cost a day.")] = None,
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day without it (UTC).")] = None,
) -> None:
    """Make a key and show it, this one time.

    \b
    Example:
      lorechat keys add website --source handbook --per-minute 60 --expires 2027-01-01
    """
    end = None if expires is None else expires.replace(tzinfo=UTC)
    if end is not None and end <= datetime.now(UTC):
        raise typer.BadParameter("this day has begun already", param_hint="--expires")

    async def make(ring: KeyRing) -> str:
        return await ring.add(name, sources=source, per_minute=per_minute, daily_dollars=daily_dollars, expires_at=end)

    typer.echo(_with_ring(make))
    typer.echo("Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY`.", err=True)


@keys.command("list")
def list_keys() -> None:
    """List all keys that were ever made, by their beginning."""
    now = datetime.now(UTC)
    found = _with_ring(lambda ring: ring.all())
    if not found:
        typer.echo("There is no key yet: lorechat keys add NAME")
    for key in found:
        typer.echo(_line(key, now))


@keys.command()
def revoke(name: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """End a key for good, at once."""
    if not _with_ring(lambda ring: ring.revoke(name)):
        typer.echo(f"There is no valid key named {name!r}; `lorechat keys list` shows all.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{name} opens nothing any more.")


def _line(key: ApiKey, now: datetime) -> str:
    """One key for people."""
    reads = "all websites" if key.sources is None else ", ".join(sorted(key.sources))
    limits = f"{key.per_minute} a minute"
    if key.daily_dollars is not None:
        limits += f", ${key.daily_dollars:g} a day"
    until = f" until {key.expires_at:%Y-%m-%d}" if key.expires_at else ""
    return f"{key.name}  {key.shown}...  {key.state(now)}{until}  {reads}  {limits}"


def _with_ring(work: Callable[[KeyRing], Awaitable[Result]]) -> Result:
    """Do something with the keys of the chat's database. Failures are told in a line."""
    from chat_app.error import ChatError
    from chat_app.store.error import DatabaseError

    try:
        return asyncio.run(_opened(work))
    except (ChatError, DatabaseError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


async def _opened(work: Callable[[KeyRing], Awaitable[Result]]) -> Result:
    from chat_app.doors.key_ring import KeyRing
    from chat_app.settings import ChatSettings
    from chat_app.store.database import open_database

    database = open_database(ChatSettings().database_place)
    try:
        await database.migrate()
        return await work(KeyRing(database))
    finally:
        await database.close()
