"""`lorechat people`: who may log in, with which roles and groups."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from chat_app.people.directory import Directory
    from chat_app.people.person import Person

Result = TypeVar("Result")
Name = Annotated[str, typer.Argument(help="What the login knows the person by.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="reader, curator or admin; may be repeated.")]
Groups = Annotated[list[str] | None, typer.Option("--group", help="A group of readers; may be repeated.")]

people = typer.Typer(no_args_is_help=True, help="People who log in: add, list, change.", rich_markup_mode=None)


@people.command()
def add(
    name: Name,
    role: Roles = None,
    group: Groups = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="They come by oidc or header.")] = False,
) -> None:
    """Add a person; their password is asked for, or read from a pipe.

    \b
    Examples:
      lorechat people add ann --role admin
      lorechat people add bob@example.com --group staff --no-password
    """
    kept = None if no_password else _new_password()
    roles = _roles(role)
    person = _with_directory(lambda them: them.add(name, password_hash=kept, roles=roles, groups=group or ()))
    typer.echo(_line(person))


@people.command("list")
def list_people() -> None:
    """List everybody that the chat knows."""
    found = _with_directory(lambda them: them.everybody())
    if not found:
        typer.echo("There is nobody yet: lorechat people add NAME")
    for person in found:
        typer.echo(_line(person))


@people.command()
def change(name: Name, role: Roles = None, group: Groups = None) -> None:
    """Give a person other roles or groups, in place of those that they had.

    \b
    Example:
      lorechat people change ann --role curator --group staff --group hr
    """
    if role is None and group is None:
        raise typer.BadParameter("say what changes: --role, --group or both")
    roles = _roles(role)

    async def changed(them: Directory) -> Person:
        if role is not None:
            await them.set_roles(name, roles)
        return await them.set_groups(name, group) if group is not None else await them.person(name)

    typer.echo(_line(_with_directory(changed)))


@people.command()
def password(name: Name) -> None:
    """Give a person another password, which ends their sessions."""
    kept = _new_password()
    typer.echo(_line(_with_directory(lambda them: them.set_password(name, kept))))


@people.command()
def disable(name: Name) -> None:
    """Keep a person out; their sessions end within seconds."""
    typer.echo(_line(_with_directory(lambda them: them.set_disabled(name, is_disabled=True))))


@people.command()
def enable(name: Name) -> None:
    """Let a person in again."""
    typer.echo(_line(_with_directory(lambda them: them.set_disabled(name, is_disabled=False))))


def _new_password() -> str:
    """Ask for a password twice, without showing it; from a pipe its first line is taken. Return what is kept of it."""
    import sys

    from chat_app.people.password import hash_password

    if sys.stdin.isatty():
        return hash_password(str(typer.prompt("Password", hide_input=True, confirmation_prompt=True)))
    return hash_password(sys.stdin.readline().rstrip("\r\n"))


def _roles(given: list[str] | None) -> list[str]:
    from chat_app.people.person import ROLES

    if unknown := sorted(set(given or ()) - set(ROLES)):
        raise typer.BadParameter(f"there is no role {unknown[0]}; there are {', '.join(ROLES)}", param_hint="--role")
    return given or []


def _line(person: Person) -> str:
    """One person for people."""
    groups = f"  in {', '.join(sorted(person.groups))}" if person.groups else ""
    return f"{person.name}  {', '.join(sorted(person.roles))}{groups}{'  kept out' if person.is_disabled else ''}"


def _with_directory(work: Callable[[Directory], Awaitable[Result]]) -> Result:
    """Do something with the people in the chat's database. Errors: PeopleError and DatabaseError kinds."""
    return asyncio.run(_opened(work))


async def _opened(work: Callable[[Directory], Awaitable[Result]]) -> Result:
    from chat_app.people.directory import Directory
    from chat_app.settings import ChatSettings
    from chat_app.store.database import open_database

    database = open_database(ChatSettings().database_place)
    try:
        await database.migrate()
        return await work(Directory(database))
    finally:
        await database.close()
