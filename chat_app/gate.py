"""What every request passes: only pages of known origins may talk to the chat, and its page loads nothing foreign."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_app.content_policy import ContentPolicy

_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Gate:
    """ASGI middleware. A browser names the origin of the page that opens a websocket or sends a form; the toolkit
    does not look at it for websockets, so any website that a person visits could question a chat on that person's
    machine. Requests without an origin come from programs and pass.

    With `is_local` the chat listens on this machine alone, and a request under another machine's name is refused: a
    website whose name was made to lead here would else speak with the chat as if it were the chat's own page.

    The content policy keeps the page from reaching for fonts and styles elsewhere, which makes it work offline.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: frozenset[str],
        is_local: bool = False,
        policy: ContentPolicy | None = None,
    ) -> None:
        self._app = app
        self._origins = origins
        self._hosts = _LOCAL | {urlsplit(origin).netloc for origin in origins} if is_local else None
        self._policy = policy or ContentPolicy()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif not self._is_known(Headers(scope=scope)):
            await self._refuse(scope, receive, send)
        else:
            headers = Headers(scope=scope)
            await self._app(scope, receive, self._with_policy(send, scope["path"], headers.get("host", "")))

    def _is_known(self, headers: Headers) -> bool:
        origin, host = headers.get("origin"), headers.get("host", "")
        if self._hosts is not None and not {host, re.sub(r":\d+$", "", host)} & self._hosts:
            return False
        if origin is None or origin in self._origins:
            return True
        return urlsplit(origin).netloc == host

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "unknown origin"})
            return
        text = "This origin may not use the chat. Add it to LORECHAT_CHAT_ORIGINS.\n"
        await PlainTextResponse(text, status_code=403)(scope, receive, send)

    def _with_policy(self, send: Send, path: str, host: str) -> Send:
        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("content-security-policy", self._policy.header(path, host))
                else:
                    headers.setdefault("content-security-policy", "default-src 'self'; frame-ancestors 'self'")
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
                headers.setdefault("cross-origin-opener-policy", "same-origin")
                headers.setdefault("permissions-policy", "camera=(), geolocation=(), microphone=()")
            await send(message)

        return sender
