"""How the `lorechat` command ends when something goes wrong: one clear message, no traceback."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class OneMessageGroup(TyperGroup):
    """Turns an error into one message on standard error and exit code 1; usage errors keep their 2.

    With `--debug` (or LORECHAT_DEBUG=1) the traceback is shown instead. This is the outermost boundary of the
    program, so every exception ends here: one of ours says by itself what to do, any other one is a bug.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            raise
        except Exception as error:  # a bug as well: a person gets its name and how to see more, no traceback
            if ctx.params.get("debug"):
                raise
            typer.echo(describe(error), err=True)
            raise typer.Exit(1) from error


def describe(error: Exception) -> str:
    """Say what happened and what to do next."""
    if _is_ours(error):
        return f"error: {str(error).replace('**', '')}"  # the chat's messages are markdown
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return "\n".join(f"error: {problem}" for problem in _settings_problems(error))
    return (
        f"error: {type(error).__name__}: {error}\n"
        "This is not expected. `LORECHAT_DEBUG=1 lorechat ...` shows where it happened; please report that."
    )


def _is_ours(error: Exception) -> bool:
    """Whether the exception belongs to one of the rooms' trees, whose messages are written for people."""
    rooms = ("lake.", "retrieval.", "scrapers.", "assets.", "orchestration.", "chat_app.")
    return any(parent.__module__.startswith(rooms) for parent in type(error).__mro__)


def _settings_problems(error: Any) -> list[str]:
    problems = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else error.title
        variable = name if name.startswith("LORECHAT_") else f"LORECHAT_{name.upper()}"
        problems.append(f"{variable}={problem['input']!r}: {problem['msg']}. Correct it in the environment or in .env.")
    return problems
