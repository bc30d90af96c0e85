"""`/for/<source>` opens the chat in a source's own look; `/look.css` and `/logo` are what the page shows of it."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from chat_app.people.look import Look, Looks
from chat_app.people.people import People
from chat_app.people.visit import visit_of
from chat_app.service import ChatService
from retrieval.error import RetrievalError

SOURCE = "lorechat_source"
"""The cookie that remembers which source a browser came for."""
_DAYS = 365
_FRESH = {"cache-control": "no-cache"}


def add_look(app: FastAPI, service: ChatService, looks: Looks) -> None:
    """Serve the look of the source that somebody came for, or of the only one that they may read."""
    people: People = service.people
    own = service.settings.interface_folder / "public"

    async def look(request: Request) -> Look:
        chosen = request.cookies.get(SOURCE, "")
        try:
            asker = await people.asker(visit_of(request))
            releases = (await service.state(asker.sources))[1]
        except RetrievalError:
            return looks.of(None)
        names = [release.source for release in releases]
        return looks.of(chosen if chosen in names else names[0] if len(names) == 1 else None)

    @app.get("/look.css", include_in_schema=False)
    async def css(request: Request) -> Response:
        return Response((await look(request)).css, media_type="text/css", headers=_FRESH)

    @app.get("/logo", include_in_schema=False)
    async def logo(request: Request, theme: str = "light") -> Response:
        shown = await look(request)
        if shown.logo is not None:
            return FileResponse(shown.logo, media_type=shown.logo_kind, headers=_FRESH)
        return FileResponse(own / f"logo_{'dark' if theme == 'dark' else 'light'}.svg", headers=_FRESH)

    @app.get("/for/{source}", include_in_schema=False)
    async def come_for(source: str) -> Response:
        answer = RedirectResponse("/", 303)
        answer.set_cookie(SOURCE, source[:64], max_age=_DAYS * 86_400, httponly=True, samesite="lax")
        return answer
