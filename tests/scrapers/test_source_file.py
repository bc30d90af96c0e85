"""Source files: what is wrong with one is said by file, field and fix."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.source import Source
from scrapers.error import SourceError
from scrapers.source_file import load_source, source_from_url, write_source

GOOD = """
name: docs
title: The docs
start_urls: [https://docs.example.com/guide/]
scope: {path_prefixes: [/guide/], exclude: ['/old/']}
limits: {pages: 100}
politeness: {delay_seconds: 0.5, contact: docs@example.com}
languages: [en]
auth_headers: {Authorization: DOCS_TOKEN}
"""


def _write(folder: Path, text: str, name: str = "docs") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_source_file_is_read(tmp_path: Path) -> None:
    source = load_source(_write(tmp_path, GOOD))
    assert source.limits.pages == 100
    assert source.scope.path_prefixes == ("/guide/",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start_urls: [https://a.example/\n", ["docs.yaml", "not valid YAML", "line"]),
        ("- a\n- b\n", ["docs.yaml", "start_urls"]),
        ("", ["docs.yaml", "start_urls"]),
        ("name: docs\n", ["docs.yaml", "start_urls and sitemaps"]),
        ("start_urls: https://a.example/\n", ["`start_urls`", "must be a list", "[https://a.example/]"]),
        ("start_urls: [a.example]\n", ["`start_urls`", "not an http or https URL"]),
        ("start_urls: [https://a.example/]\ndepht: 3\n", ["`depht`", "no such field", "spelling"]),
        ("start_urls: [https://a.example/]\nlimits: {pages: many}\n", ["`limits.pages`", "'many'"]),
        ("start_urls: [https://a.example/]\nlimits: {pages: 0}\n", ["`limits.pages`", "greater than or equal to 1"]),
        (
            "start_urls: [https://a.example/]\nscope: {exclude: ['(']}\n",
            ["`scope.exclude`", "not a regular expression"],
        ),
        ("start_urls: [https://a.example/]\nschedule: daily\n", ["`schedule`", "five fields", "0 3 * * 1"]),
        ("start_urls: [https://a.example/]\nschedule: 61 3 * * *\n", ["`schedule`", "Bad minute", "0 3 * * 1"]),
        ("start_urls: [https://a.example/]\nschedule: '* * * * * *'\n", ["`schedule`", "five fields"]),
        ("name: other\nstart_urls: [https://a.example/]\n", ["`name`", "other.yaml"]),
        ("name: Two Words\nstart_urls: [https://a.example/]\n", ["`name`", "lower-case"]),
        ("start_urls: [https://a.example/]\nstart_urls2: 1\nlimits: {x: 1}\n", ["`start_urls2`", "`limits.x`"]),
    ],
)
def test_what_is_wrong_is_said_by_file_field_and_fix(tmp_path: Path, text: str, words: list[str]) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(SourceError) as caught:
        load_source(path)
    assert str(path) in str(caught.value)
    assert [word for word in words if word not in str(caught.value)] == []


def test_a_file_that_is_not_utf8_or_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "docs.yaml"
    with pytest.raises(SourceError, match="cannot be read"):
        load_source(path)
    path.write_bytes(b"title: \xff\xfe\n")
    with pytest.raises(SourceError, match="not UTF-8"):
        load_source(path)


def test_a_source_is_written_and_read_back(tmp_path: Path) -> None:
    source = load_source(_write(tmp_path, GOOD))
    path = write_source(tmp_path / "new", source)
    assert load_source(path) == source
    assert write_source(tmp_path / "new", source) == path
    assert "concurrency" not in path.read_text(encoding="utf-8")


def test_another_source_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    write_source(tmp_path, source_from_url("https://a.example/", name="docs"))
    with pytest.raises(SourceError, match="there already"):
        write_source(tmp_path, source_from_url("https://b.example/", name="docs"))
    assert load_source(tmp_path / "docs.yaml").start_urls == ("https://a.example/",)


@pytest.mark.parametrize(
    ("url", "name", "start", "prefixes", "private"),
    [
        ("https://www.example.com", "example-com", "https://www.example.com/", (), False),
        ("docs.example.com/guide/", "docs-example-com-guide", "https://docs.example.com/guide/", ("/guide/",), False),
        ("https://e.example/a/b.html#c", "e-example-a", "https://e.example/a/b.html", ("/a/",), False),
        ("http://localhost:8080", "localhost", "http://localhost:8080/", (), True),
        ("http://127.0.0.1:8080/x/", "127-0-0-1-x", "http://127.0.0.1:8080/x/", ("/x/",), True),
        ("http://192.168.1.4/", "192-168-1-4", "http://192.168.1.4/", (), True),
    ],
)
def test_a_url_makes_a_source_of_its_folder(
    url: str, name: str, start: str, prefixes: tuple[str, ...], private: bool
) -> None:
    source = source_from_url(url)
    assert (source.name, source.start_urls, source.scope.path_prefixes) == (name, (start,), prefixes)
    assert source.allow_private_hosts is private


@pytest.mark.parametrize("url", ["", "mailto:a@b", "ftp://a.example/", "http://", "https://exa mple/"])
def test_what_is_no_web_address_makes_no_source(url: str) -> None:
    with pytest.raises(SourceError, match="no web address"):
        source_from_url(url)


def test_a_bad_name_is_refused() -> None:
    with pytest.raises(SourceError, match="lower-case letters"):
        source_from_url("https://a.example/", name="A B")


def _is_source_or_clear_error(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "docs.yaml"
        path.write_text(text, encoding="utf-8", errors="replace")
        message = str(path)
        try:
            assert isinstance(load_source(path), Source)
        except SourceError as error:
            message = str(error)
        assert str(path) in message


@given(st.text(max_size=80))
def test_any_file_is_a_source_or_a_clear_error(text: str) -> None:
    _is_source_or_clear_error(text)


@given(st.dictionaries(st.sampled_from([*Source.model_fields, "x"]), st.one_of(st.none(), st.text(), st.integers())))
def test_any_fields_are_a_source_or_a_clear_error(fields: dict[str, object]) -> None:
    _is_source_or_clear_error(yaml.safe_dump(fields))
