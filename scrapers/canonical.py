"""Canonical URLs: one spelling per page, so that a page is fetched, stored and cited once.

The steps are those of the WHATWG URL standard where browsers normalise (case of scheme and host, IDN, default ports,
dot segments, backslashes, tabs and newlines) and RFC 3986 section 6.2 for percent-encoding; on top come the rules that
crawlers add: no fragment, no credentials, no tracking parameters or session ids, parameters sorted by name, and the
source's policy for trailing slashes.
"""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import idna

from data_contracts.source import UrlRules

_DEFAULT_PORTS = {"http": 80, "https": 443}
_DEFAULT_RULES = UrlRules()
# Sent by campaigns and mailers; they never choose what a page shows.
_TRACKERS = re.compile(
    r"^(utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|ttclid|igshid|mc_[ce]id|_ga|_gl|_hs\w+"
    r"|hsctatracking|mkt_tok|oly_\w+_id|vero_id|wickedid|srsltid)$",
    re.IGNORECASE,
)
_SESSIONS = re.compile(
    r"^(phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|sessionid|cfid|cftoken)$", re.IGNORECASE
)
_MAYBE_SESSIONS = re.compile(
    r"^(sid|session|session_id|s_id)=[A-Za-z0-9_-]{16,}$", re.IGNORECASE
)  # else somebody's own id
_PATH_SESSION = re.compile(r";(jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_ASP_SESSION = re.compile(r"/\((?:[SAF]\([\w-]{20,}\))+\)(?=/)")
_UNSAFE = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/\[\]|%]|%")
_UNSAFE_QUERY = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]|{}%]|%")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_CONTROLS = "".join(map(chr, range(33)))
_FORBIDDEN_HOST = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|]")
_NUMBER_LABEL = re.compile(r"^(\d+|0[xX][0-9A-Fa-f]*)$")


def canonical_url(url: str, *, base: str | None = None, rules: UrlRules = _DEFAULT_RULES) -> str | None:
    """Return the canonical form of a link as it stands in a page, None when it is no usable http or https URL.

    `base` is the absolute URL that the link is relative to. Idempotent: a canonical URL is its own canonical form.
    """
    text = re.sub(r"[\t\r\n]", "", url.strip(_CONTROLS)).split("#", 1)[0]
    if base is not None:
        base = base.split("#", 1)[0]
        if text and not text.startswith("?"):
            base = base.split("?", 1)[0].rsplit("/", 1)[0] + "/"  # all that counts: siblings share the cache
    return _canonical(text, base, rules)


@lru_cache(maxsize=200_000)
def _canonical(text: str, base: str | None, rules: UrlRules) -> str | None:
    try:
        return _build(text, base, rules)
    except (ValueError, UnicodeError):  # bad port, bad brackets, a host that IDNA refuses
        return None


def _build(text: str, base: str | None, rules: UrlRules) -> str | None:
    scheme = re.match(r"^([A-Za-z][A-Za-z0-9+.\-]*):", text)
    if scheme is not None and scheme[1].lower() not in _DEFAULT_PORTS:
        return None
    query_start = text.find("?")
    path_part, rest = (text, "") if query_start < 0 else (text[:query_start], text[query_start:])
    text = path_part.replace("\\", "/") + rest
    parts = urlsplit(urljoin(base, text) if base is not None else text, allow_fragments=False)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = canonical_host(parts.hostname)
    port = parts.port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    query = _query(parts.query, rules)
    return f"{parts.scheme}://{netloc}{_path(parts.path, rules)}" + (f"?{query}" if query else "")


def canonical_host(host: str) -> str:
    """Return a host in lower case, IDN as punycode, IPv4 in any notation (127.1, 0x7f000001) as four numbers.

    Raises ValueError for a host that no browser would accept.
    """
    if ":" in host:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, _plain_ipv6(host)))
    host = host.rstrip(".")
    if not host.isascii():
        host = idna.encode(host, uts46=True, transitional=False).decode()
    host = host.lower()
    if not host or _FORBIDDEN_HOST.search(host):
        raise ValueError(f"{host!r} is no host name")
    if _NUMBER_LABEL.match(host.rsplit(".", 1)[-1]):
        try:
            return socket.inet_ntoa(socket.inet_aton(host))
        except OSError as error:
            raise ValueError(f"{host!r} is no IPv4 address") from error
    return host


def _plain_ipv6(host: str) -> str:
    if "%" in host:
        raise ValueError("an IPv6 zone has no meaning in a URL")
    try:
        socket.inet_pton(socket.AF_INET6, host)
    except OSError as error:
        raise ValueError(f"{host!r} is no IPv6 address") from error
    return host


def _path(path: str, rules: UrlRules) -> str:
    path = _PATH_SESSION.sub("", path)
    path = _ASP_SESSION.sub("", path)
    path = _without_dots(_UNSAFE.sub(_encode, path) or "/")
    if rules.trailing_slash == "strip":
        return path.rstrip("/") or "/"
    if rules.trailing_slash == "add" and not path.endswith("/") and "." not in path.rsplit("/", 1)[-1]:
        return path + "/"
    return path


def _without_dots(path: str) -> str:
    """Remove dot segments (RFC 3986, 5.2.4); `%2e` was decoded before, as browsers do."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
            continue
        if position == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _query(query: str, rules: UrlRules) -> str:
    if not query:
        return ""
    dropped = {name.lower() for name in rules.drop_parameters}
    kept = []
    for pair in query.split("&"):
        name = pair.split("=", 1)[0]
        noise = _TRACKERS.match(name) or _SESSIONS.match(name) or _MAYBE_SESSIONS.match(pair)
        if pair and not noise and name.lower() not in dropped:
            kept.append(_UNSAFE_QUERY.sub(_encode, pair))
    return "&".join(sorted(kept, key=lambda pair: pair.split("=", 1)[0]))


def _encode(match: re.Match[str]) -> str:
    """Percent-encode what must be, decode what need not be, and write hex digits in upper case."""
    found = match[0]
    if len(found) == 3:
        byte = int(found[1:], 16)
        return chr(byte) if byte in _UNRESERVED else found.upper()
    if found == "%":
        return "%25"
    return "".join(f"%{byte:02X}" for byte in found.encode("utf-8", "surrogatepass"))
