"""The encoding that decodes a page right, whatever the server declared.

Order of evidence: byte order mark; valid UTF-8 with enough non-ASCII to be no accident; the declaration of the header,
then of the page (`<meta charset>`), each only if the bytes agree with it; detection from the bytes and the page's own
language (chardet). Labels mean what the WHATWG Encoding Standard says they mean: ISO-8859-1 is windows-1252, EUC-KR is
cp949, GB2312 is GB18030.
"""

from __future__ import annotations

import codecs
import re

import chardet
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom, resolve_encoding

_FALLBACK = "cp1252"
_SAMPLE_BYTES = 20_000
_LANGUAGE = re.compile(rb"<html\b[^>]*?\blang\s*=\s*[\"']?([A-Za-z]{2})", re.IGNORECASE)
_MARKUP = re.compile(rb"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BY_LANGUAGE = {
    "ko": ("cp949",),
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5"),
    "ru": ("cp1251", "koi8_r"),
    "uk": ("cp1251",),
    "bg": ("cp1251",),
    "el": ("cp1253",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "tr": ("cp1254",),
    "th": ("cp874",),
}
_WESTERN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "nb", "nn", "fi", "is", "ca", "ga"})
_LATIN = frozenset(
    {
        "cp1250",
        "cp1252",
        "cp1254",
        "cp1257",
        "iso8859-2",
        "iso8859-3",
        "iso8859-4",
        "iso8859-10",
        "iso8859-13",
        "iso8859-15",
    }
)
_OTHER_SCRIPTS = frozenset(
    {"cp949", "cp932", "euc_jp", "gb18030", "gbk", "big5", "big5hkscs", "cp1251", "koi8-r", "koi8-u", "iso8859-5"}
    | {"cp1253", "iso8859-7", "cp1255", "iso8859-8", "cp1256", "iso8859-6", "cp874", "cp1258"}
)
_SURE = 0.1
_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_SPARE_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x80-\x9f]")


def decode(body: bytes, content_type: str) -> tuple[str, str]:
    """Return the text of a page and the charset that decodes it, as Python names it. Never raises."""
    charset = charset_of(body, content_type)
    return body.decode(charset, "replace").removeprefix("﻿"), charset


def charset_of(body: bytes, content_type: str) -> str:
    """Return the name of the charset that decodes a page."""
    mark, _ = read_bom(body)
    if mark is not None:
        return _python_name(mark)
    declared = [name for name in (http_content_type_encoding(content_type), html_body_declared_encoding(body)) if name]
    if body.isascii() and b"\x00" not in body:
        stateful = next((name for name in declared if name.startswith("iso2022")), None)
        return stateful or "utf-8"
    utf8 = _decodes(body, "utf-8")
    accident = _is_accident(body) and "utf-8" not in declared and any(_agrees(body, name) for name in declared)
    if utf8 and not accident:
        return "utf-8"
    for name in declared:
        if name != "utf-8" and _agrees(body, name):
            return _python_name(name)
    return _detect(body)


def _is_accident(body: bytes) -> bool:
    """Whether so few bytes are non-ASCII that valid UTF-8 may be chance, as for two syllables in EUC-KR."""
    return sum(byte >= 0x80 for byte in body[:_SAMPLE_BYTES]) < 6


def _agrees(body: bytes, name: str) -> bool:
    """Whether a declaration fits: the bytes decode, and not into control characters that no page holds."""
    if not _decodes(body, name) or (name.startswith("utf-16") and b"\x00" not in body):
        return False
    sample = body[:_SAMPLE_BYTES].decode(name, "ignore")
    return _SPARE_CONTROLS.search(sample) is None


def _decodes(body: bytes, name: str) -> bool:
    """Whether all bytes decode; a character cut off at the very end is forgiven."""
    try:
        codecs.getincrementaldecoder(name)("strict").decode(body, final=False)
    except (UnicodeError, LookupError):
        return False
    return True


def _detect(body: bytes) -> str:
    text = _MARKUP.sub(b" ", body)
    sample = b" ".join(line for line in text.splitlines() if not line.isascii())[:_SAMPLE_BYTES]
    if not sample:  # only attributes hold other than ASCII
        sample = body[:_SAMPLE_BYTES]
    language = _LANGUAGE.search(body[:4096])
    code = language[1].decode().lower() if language else ""
    for candidate in _BY_LANGUAGE.get(code, ()):
        if _agrees(sample, candidate):
            return candidate
    if code in _WESTERN:
        return _FALLBACK
    return _guess(sample)


def _guess(sample: bytes) -> str:
    """What chardet says, as far as it can be trusted: few accented letters are Western unless it is fairly sure."""
    found = chardet.detect(sample)
    resolved = resolve_encoding(found["encoding"] or "")
    name = _python_name(resolved) if resolved else ""
    if not name or not _decodes(sample, name):
        return _FALLBACK
    runs = _HIGH_RUNS.findall(sample)
    accents = sum(map(len, runs)) < 2 * len(runs)  # single letters among ASCII: a Latin script
    if accents and (name not in _LATIN or found["confidence"] < _SURE):
        return _FALLBACK
    return name if name in _LATIN or name in _OTHER_SCRIPTS else _FALLBACK


def _python_name(name: str) -> str:
    return codecs.lookup(name).name
