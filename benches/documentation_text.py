"""Markdown such as documentation has, made up from a seed: headings, prose, lists, tables and much code."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

_WORDS = re.findall(
    r"\S+",
    "the a server client request of to option configuration file and value when returns default command path is for "
    "repository branch module build target example following user package release index deployment environment "
    "cluster asynchronous compiler dependency template variable registered initialises supported deprecated",
)
_LANGUAGES = ("python", "sh", "yaml", "c", "", "js title=app.js")


def documentation(pages: int, seed: int = 7) -> list[str]:
    """Return that many pages, of about 7,000 characters each."""
    chance = random.Random(seed)
    return ["\n\n".join(_page(chance, number)) + "\n" for number in range(pages)]


def _page(chance: random.Random, number: int) -> Iterator[str]:
    yield f"# {_phrase(chance)} {number}"
    for _ in range(chance.randint(3, 9)):
        yield "#" * chance.choice((2, 2, 3)) + " " + _phrase(chance)
        for _ in range(chance.randint(1, 4)):
            yield chance.choices((_prose, _code, _bullets, _table), (5, 4, 2, 1))[0](chance)


def _phrase(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(2, 5))).capitalize()


def _prose(chance: random.Random) -> str:
    sentences = [" ".join(chance.choices(_WORDS, k=chance.randint(6, 24))) for _ in range(chance.randint(1, 7))]
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)


def _code(chance: random.Random) -> str:
    bar = chance.choice(("```", "```", "```", "~~~", "````"))
    lines = []
    for _ in range(min(120, int(chance.lognormvariate(2.2, 1.0)) + 1)):
        blank = chance.random() < 0.08
        name = "_".join(chance.choices(_WORDS, k=2))
        lines.append(
            "" if blank else f"{' ' * 4 * chance.randint(0, 2)}{name}({chance.choice(_WORDS)}={chance.random():.3f})"
        )
    if bar == "````":
        lines += ["```", "nested", "```"]
    return "\n".join([bar + chance.choice(_LANGUAGES), *lines, bar])


def _bullets(chance: random.Random) -> str:
    return "\n".join(f"- **{_phrase(chance)}**: {_prose(chance)[:160]}" for _ in range(chance.randint(2, 8)))


def _table(chance: random.Random) -> str:
    rows = [f"| `{_phrase(chance)}` | {_prose(chance)[:90]} |" for _ in range(chance.randint(2, 25))]
    return "\n".join(["| Option | Meaning |", "| --- | --- |", *rows])
