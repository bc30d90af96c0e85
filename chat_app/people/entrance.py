"""What every request passes before it is answered: whose it is, and whether their session still holds."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_app.people.error import LoginRefused
from chat_app.people.login_route import token_at_door
from chat_app.people.people import People
from chat_app.people.session import COOKIE, cookies, session_token, set_session
from chat_app.people.visit import Visit, enter
from chat_app.store.error import DatabaseError

_LOG = logging.getLogger(__name__)
_PAGES = ("/why", "/trace/", "/conversations")
"""Pages of the chat's own that only people who have logged in may open, where a login is asked for."""
_TOKEN = re.compile(r"\s*bearer\s[^.]*\.[^.]*\.[^.]*", re.IGNORECASE)
"""Any bearer that may be read as a session's: readers of tokens skip characters that do not belong there."""


class Entrance:
    """ASGI middleware. It names the visit for everything behind it; a session that has ended is taken out of the
    request, so that nothing behind it can believe it. A header that names people counts from trusted proxies only.
    Cookies that are set are kept from other sites, and from unencrypted connections where people come by TLS."""

    def __init__(self, app: ASGIApp, *, people: People) -> None:
        self._app = app
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = dict(scope)
        try:
            visit = await self._visit(scope)
        except DatabaseError as error:
            _LOG.error("nobody's session can be checked: %s", error)
            await _closed(scope, receive, send)
            return
        enter(scope, visit)
        answer = self._turned_away(scope, visit)
        begun = await self._begun(scope, visit)
        await (answer or self._app)(scope, receive, _with_safe_cookies(send, begun, is_secure=visit.is_secure))

    async def _visit(self, scope: Scope) -> Visit:
        people, proxies = self._people, self._people.proxies
        is_trusted = proxies.trusts((scope.get("client") or ("", 0))[0])
        is_secure = proxies.is_secure(scope) or people.settings.chat_url.startswith("https://")
        scope["client"] = proxies.client(scope)
        if not is_trusted and (names := people.naming_headers):
            scope["headers"] = [
                (name, value) for name, value in scope["headers"] if name.decode("latin-1") not in names
            ]
        headers = Headers(scope=scope)
        bearer = headers.get("authorization", "")
        token = session_token(cookies(headers.get("cookie", "")))
        if not token and _TOKEN.fullmatch(bearer):
            token = bearer.strip().split(None, 1)[1]
        session, person = await people.session(token, headers) if token else (None, None)
        _keep_session(scope, token if session else "")
        return Visit(scope["client"][0], is_secure, session, person)

    async def _begun(self, scope: Scope, visit: Visit) -> str:
        """The Set-Cookie of a session that begins with opening a page, "" where none does."""
        people, headers = self._people, Headers(scope=scope)
        asks = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if visit.session or not asks or (people.needs_login and people.header is None):
            return ""
        answer = Response()
        with suppress(LoginRefused):  # the page then says so
            set_session(answer, await token_at_door(people, visit, headers))
        return answer.headers.get("set-cookie", "")

    def _turned_away(self, scope: Scope, visit: Visit) -> ASGIApp | None:
        """What answers instead of the application, None when it may."""
        path = scope["path"]
        if scope["type"] != "http":
            return None
        if path.startswith("/handbook") and not self._people.access.may_read("handbook", visit.person):
            return PlainTextResponse("Not found\n", status_code=404)
        if path.startswith(_PAGES) and self._people.needs_login and visit.person is None:
            return RedirectResponse("/login", status_code=303)
        return None


async def _closed(scope: Scope, receive: Receive, send: Send) -> None:
    """Say that the database is away: who asks cannot be known now."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1013, "reason": "try again later"})
        return
    answer = PlainTextResponse("The chat cannot check logins now. Try again in a minute.\n", 503, {"retry-after": "60"})
    await answer(scope, receive, send)


def _keep_session(scope: Scope, token: str) -> None:
    """Leave the session's token that was checked in a request, "" for none, and no other: what stands behind reads
    cookies in a way of its own, and might find one that was not looked at."""

    def kept(name: bytes, value: bytes) -> bytes | None:
        text = value.decode("latin-1")
        if name == b"authorization" and _TOKEN.fullmatch(text):
            return None
        if name != b"cookie":
            return value
        parts = [part.strip() for part in text.split(";")]
        return "; ".join(part for part in parts if not part.startswith(COOKIE)).encode("latin-1")

    headers = [(name, left) for name, value in scope["headers"] if (left := kept(name, value)) is not None]
    if token:
        others = [value for name, value in headers if name == b"cookie" and value]
        headers = [(name, value) for name, value in headers if name != b"cookie"]
        headers.append((b"cookie", b"; ".join([*others, f"{COOKIE}={token}".encode("latin-1")])))
    scope["headers"] = headers


def _with_safe_cookies(send: Send, begun: str, *, is_secure: bool) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            written = headers.getlist("set-cookie") + [cookie for cookie in (begun,) if cookie]
            if written:
                del headers["set-cookie"]
                for cookie in written:
                    headers.append("set-cookie", safe_cookie(cookie, is_secure=is_secure))
        await send(message)

    return sender


def safe_cookie(written: str, *, is_secure: bool) -> str:
    """Return a Set-Cookie value that scripts cannot read, other sites cannot send, and that is only sent encrypted
    where people come by TLS."""
    parsed: SimpleCookie = SimpleCookie(written)
    for morsel in parsed.values():
        morsel["httponly"] = True
        morsel["secure"] = is_secure
        morsel["samesite"] = "strict" if morsel["samesite"].lower() == "strict" else "lax"
        return morsel.OutputString()
    return written
