"""What bytes are, judged by the bytes: HTML, or what else. The header is only a witness."""

from __future__ import annotations

import re

_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"7z\xbc\xaf", "a 7-zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "an RTF document"),
)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# What may open an HTML page after white space and comments (WHATWG MIME Sniffing, section 7.1, and common fragments).
_OPENING = re.compile(
    rb"^(?:\s|<!--.*?-->|<\?(?!xml).*?>)*<(!doctype\s+html|html|head|body|title|meta|link|script|style|base|div|p|h[1-6]"
    rb"|a|b|br|table|iframe|font|main|article|section|header|nav|span|ul|ol|dl|center|img|form|noscript|frameset)\b",
    re.IGNORECASE | re.DOTALL,
)
_DOCUMENT = re.compile(rb"^(?:\s|<!--.*?-->|<\?.*?>)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_XML_ROOT = re.compile(rb"<(?![?!])([\w:.-]+)")
_ANY_TAG = re.compile(rb"<(p|div|br|a|b|i|h[1-6]|table|ul|ol|span|body|pre|hr)\b[^<>]*>", re.IGNORECASE)
_HEAD_BYTES = 16_384


def binary_kind(head: bytes) -> str | None:
    """Return what a file is that begins with these bytes, None when they tell nothing."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def html_refusal(body: bytes, content_type: str) -> str | None:
    """Return why a body is not an HTML page (a clause for the ledger), None when it is one."""
    if not body.strip():
        return "the body is empty"
    kind = binary_kind(body)
    if kind is not None:
        return f"the bytes are {kind}{_although(content_type)}"
    head = body[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    if head.startswith(_UTF16_MARKS):
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    if b"\x00" in head[:1024]:
        return f"the bytes are binary data{_although(content_type)}"
    return _text_refusal(head, content_type)


def _text_refusal(head: bytes, content_type: str) -> str | None:
    declared = content_type.split(";", 1)[0].strip().lower()
    says_html = declared in ("", "text/html", "application/xhtml+xml")
    if _DOCUMENT.match(head):
        return None
    if head.lstrip().startswith(b"<?xml"):
        root = _XML_ROOT.search(head)
        return None if root and root[1].lower() == b"html" else "the bytes are XML of another kind than XHTML"
    if says_html and (_OPENING.match(head) or _ANY_TAG.search(head)):
        return None
    return "there is no HTML tag in it" if says_html else f"the server says {declared}, and the bytes are no HTML page"


def _although(content_type: str) -> str:
    return f", although the server says {content_type.split(';', 1)[0].strip()}" if "html" in content_type else ""
