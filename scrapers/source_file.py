"""Source files: one YAML each in `scrapers/sources/`; what is wrong with one is said by file, field and fix."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from data_contracts.source import Scope, Source
from scrapers.address import is_private, literal_address
from scrapers.canonical import canonical_url
from scrapers.error import SourceError

_SUFFIX = ".yaml"
_QUESTIONS = ".questions"  # <name>.questions.yaml holds a source's golden questions and is no source
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")  # a host and port, as localhost:8080, is no scheme


def load_source(path: Path) -> Source:
    """Read and check one source's file. Raises SourceError that names the file, the field and the fix."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error
    return parse_source(data, name=path.stem, place=str(path))


def parse_source(data: bytes, *, name: str, place: str) -> Source:
    """Check a source's YAML; `name` is what its file is called, `place` where it lies. Raises SourceError."""
    try:
        content = yaml.safe_load(data.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{place}: is not valid YAML{_position(error)}. Fix that line; indent with spaces."
        ) from error
    if not isinstance(content, dict):
        raise SourceError(f"{place}: holds no fields. Begin with `name: ...` and `start_urls: [https://...]`.")
    content = {"name": name, **content}
    try:
        source = Source.model_validate(content)
    except ValidationError as error:
        raise SourceError(_explain(place, error)) from error
    if source.name != name:
        raise SourceError(
            f"{place}: field `name` is {source.name!r}, but the file is called {name!r}. "
            f"Rename the file to {source.name}{_SUFFIX} or set `name: {name}`."
        )
    return source


def write_source(folder: Path, source: Source) -> Path:
    """Write a source's file and return its path; only what differs from the defaults is written.

    Raises SourceError when another source has that name already: nothing is overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source.name}{_SUFFIX}"
    if path.exists():
        if load_source(path) == source:
            return path
        raise SourceError(f"{path}: a source of that name is there already. Choose another name, or edit the file.")
    content = {"name": source.name, **source.model_dump(mode="json", exclude_defaults=True)}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    partial = path.with_suffix(".partial")
    partial.write_text(f"# A source of LoreChat: a website with its crawl rules.\n{text}", encoding="utf-8")
    partial.replace(path)
    return path


def source_from_url(url: str, *, name: str | None = None) -> Source:
    """Return a source that crawls the folder of a URL: its host and the path up to the last slash.

    A URL on this machine or a private network, given by address or as localhost, allows private hosts: whoever types
    it means it. Raises SourceError for what is no web address.
    """
    text = url.strip() if _SCHEME.match(url.strip()) else f"https://{url.strip()}"
    start = canonical_url(text)
    if start is None:
        raise SourceError(f"{url!r} is no web address. Give one like https://docs.example.com/guide/.")
    parts = urlsplit(start)
    host = parts.hostname or ""
    folder = parts.path.rsplit("/", 1)[0] + "/"
    address = literal_address(host)
    try:
        return Source(
            name=name or _name(host, folder),
            start_urls=(start,),
            scope=Scope(path_prefixes=() if folder == "/" else (folder,)),
            allow_private_hosts=host == "localhost" or (address is not None and is_private(address)),
        )
    except ValidationError as error:
        raise SourceError(
            f"{name!r} cannot name a source: use lower-case letters, digits and dashes, 63 at most."
        ) from error


def _name(host: str, folder: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", f"{host.removeprefix('www.')}{folder}".lower()).strip("-")
    return words[:63].rstrip("-") or "site"


def _position(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not UTF-8"
    return f" ({problem}, line {mark.line + 1}, column {mark.column + 1})" if mark else f" ({problem})"


def _explain(place: str, error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "the file as a whole"
        lines.append(f"{place}: field `{field}`: {_fix(problem)}")
    return "\n".join(lines)


def _fix(problem: Any) -> str:
    """One sentence that says what is wrong with a field and what to write instead."""
    kind, message, value = problem["type"], problem["msg"].removeprefix("Value error, "), problem["input"]
    if kind == "extra_forbidden":
        return "there is no such field. Check its spelling against the handbook's page on sources, or delete it."
    if kind == "missing":
        return "is missing. Add it."
    if kind == "string_pattern_mismatch":
        return f"{value!r} does not fit. Use lower-case letters, digits and dashes, 63 at most."
    if kind in ("tuple_type", "list_type"):
        return f"must be a list, not {value!r}. Write [{value}]."
    return f"{message} (it is {value!r}). Change it."
