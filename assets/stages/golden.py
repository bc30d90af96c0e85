"""Golden questions of a source: `<name>.questions.yaml` beside its file."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from assets.error import QuestionsUnusable
from data_contracts.question import GoldenQuestion
from data_contracts.source import Source
from scrapers.canonical import canonical_url

_FIELDS = "`question`, `url` and `quote`"


def parse_questions(data: bytes, source: Source, *, name: str) -> tuple[GoldenQuestion, ...]:
    """Return the questions of a file, with whole canonical URLs; `name` is what messages call the file.

    Raises QuestionsUnusable that names the file, the entry and the fix.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise QuestionsUnusable(f"{name}: is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise QuestionsUnusable(
            f"{name}: is not valid YAML{where}. Fix that line; put a text with a colon in quotes."
        ) from error
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise QuestionsUnusable(f"{name}: must be a list. Begin each question with `- question: ...`.")
    questions = tuple(_question(entry, f"{name}: question {number}", source) for number, entry in enumerate(entries, 1))
    twice = [question for question, count in Counter(one.question for one in questions).items() if count > 1]
    if twice:
        raise QuestionsUnusable(f"{name}: {twice[0]!r} is asked twice. Delete one of them.")
    return questions


def _question(entry: Any, place: str, source: Source) -> GoldenQuestion:
    if not isinstance(entry, dict):
        raise QuestionsUnusable(f"{place} is {entry!r}. Give it the fields {_FIELDS}.")
    try:
        question = GoldenQuestion.model_validate(entry)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            raise QuestionsUnusable(f"{place} has a field `{field}`, which there is not. Use {_FIELDS}.") from error
        raise QuestionsUnusable(f"{place}: field `{field}`: {problem['msg']}. Write all of {_FIELDS}.") from error
    return question.model_copy(update={"url": _whole_url(question.url, place, source)})


def _whole_url(url: str, place: str, source: Source) -> str:
    starts = (*source.start_urls, *source.sitemaps)
    if url.startswith("/") and not starts:
        raise QuestionsUnusable(
            f"{place}: {source.name} has no start URL that {url!r} could be on. Write the whole URL."
        )
    if url.startswith("/"):
        start = urlsplit(starts[0])
        url = f"{start.scheme}://{start.netloc}{url}"
    whole = canonical_url(url, rules=source.urls)
    if whole is None:
        raise QuestionsUnusable(
            f"{place}: {url!r} is no web address. Write https://... or a path that begins with `/`."
        )
    return whole
