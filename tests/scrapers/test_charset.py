"""The charset that reads a page, whatever the server declared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.charset import decode

TEXTS = {
    "korean": ("이 문서는 설치 방법을 설명합니다. 먼저 프로그램을 내려받으십시오.", ["euc-kr", "cp949"]),
    "french": ("Le système gère la mémoire et les périphériques ; voir également la façade.", ["latin-1", "cp1252"]),
    "short french": ("Café, déjà vu", ["latin-1"]),
    "german": ("Grüße aus München, schöne Übungen für Anfänger", ["latin-1", "cp1252"]),
    "quotes": ("It’s a “quoted” text — really", ["cp1252"]),
    "copyright": ("Copyright © 2020", ["latin-1"]),
    "russian": ("Привет, это документация по установке программы.", ["cp1251", "koi8-r"]),
    "japanese": ("これは日本語の文書です。インストール方法を説明します。", ["shift_jis", "euc-jp"]),
    "chinese": ("这是一个文档，说明安装方法。", ["gb18030"]),
    "polish": ("Zażółć gęślą jaźń. Instalacja wymaga uprawnień użytkownika głównego.", ["iso-8859-2"]),
    "greek": ("Αυτό είναι ένα έγγραφο για την εγκατάσταση", ["iso-8859-7"]),
}
CASES = [(name, encoding) for name, (_, encodings) in TEXTS.items() for encoding in [*encodings, "utf-8"]]


def _page(text: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}<title>x</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(("name", "encoding"), CASES)
def test_an_undeclared_charset_is_found(name: str, encoding: str) -> None:
    page = _page(TEXTS[name][0])
    assert decode(page.encode(encoding), "text/html")[0] == page


@pytest.mark.parametrize(("name", "encoding"), CASES)
def test_a_charset_declared_by_header_is_believed(name: str, encoding: str) -> None:
    page = _page(TEXTS[name][0])
    assert decode(page.encode(encoding), f"text/html; charset={encoding}")[0] == page


@pytest.mark.parametrize(("name", "encoding"), CASES)
def test_a_charset_declared_by_the_page_is_believed(name: str, encoding: str) -> None:
    page = _page(TEXTS[name][0], f'<meta http-equiv="Content-Type" content="text/html; charset={encoding}">')
    assert decode(page.encode(encoding), "text/html")[0] == page


@pytest.mark.parametrize("wrong", ["utf-8", "iso-2022-jp", "utf-16", "nonsense"])
@pytest.mark.parametrize(("name", "encoding"), [(n, e) for n, e in CASES if e != "utf-8"])
def test_a_declaration_that_the_bytes_contradict_is_not_believed(name: str, encoding: str, wrong: str) -> None:
    page = _page(TEXTS[name][0])
    assert decode(page.encode(encoding), f"text/html; charset={wrong}")[0] == page


@pytest.mark.parametrize("name", TEXTS)
def test_utf8_is_known_by_its_bytes_even_under_a_latin_label(name: str) -> None:
    page = _page(TEXTS[name][0] + " — ünïcödé")
    assert decode(page.encode(), "text/html; charset=iso-8859-1") == (page, "utf-8")


def test_a_byte_order_mark_beats_every_declaration() -> None:
    assert decode("﻿<p>ä".encode("utf-16-le"), "text/html; charset=utf-8")[0] == "<p>ä"
    assert decode("﻿<p>ä".encode(), "text/html; charset=euc-kr") == ("<p>ä", "utf-8")


def test_the_language_of_the_page_helps_with_few_bytes() -> None:
    page = "<html lang='ko'><body>설치</body></html>"
    assert decode(page.encode("euc-kr"), "text/html") == (page, "cp949")


def test_two_syllables_that_happen_to_be_utf8_are_read_as_declared() -> None:
    body = b"<p>\xc2\xa5</p>"
    assert decode(body, "text/html; charset=euc-kr")[1] == "cp949"
    assert decode(body, "text/html")[1] == "utf-8"


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_are_decoded(body: bytes, content_type: str) -> None:
    text, charset = decode(body, content_type)
    assert text == body.decode(charset, "replace").removeprefix("﻿")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf8_is_always_read_right(text: str) -> None:
    page = _page(text) + "äöü€ — plenty of evidence"
    assert decode(page.encode(), "text/html; charset=utf-8")[0] == page
