"""The addresses at which people log in. The toolkit has its own at the same places; these come first, because it knows
neither addresses nor back-off, and its OAuth has neither PKCE nor a check of the identity token."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from chat_app.people.claim import Claimed
from chat_app.people.error import LoginRefused, TooManyLogins
from chat_app.people.oidc import OidcLogin
from chat_app.people.password import PasswordCheck
from chat_app.people.people import People
from chat_app.people.person import Person
from chat_app.people.session import session_details
from chat_app.people.visit import visit_of

PROVIDER = "oidc"
_LOG = logging.getLogger(__name__)
_BEGUN = "lorechat_login"
_MINUTES = 10.0
_LONGEST_NAME = 320


def add_login(app: FastAPI, people: People) -> None:
    """Serve the one way to log in that is set."""
    login = people.settings.login
    if login == "password":
        _add_password(app, people)
    elif login == "oidc":
        _add_oidc(app, people, OidcLogin(people.settings))
    else:
        _add_header(app, people)


def _add_password(app: FastAPI, people: People) -> None:
    is_right = PasswordCheck()

    @app.post("/login", include_in_schema=False)
    async def login(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            name, password = str(form.get("username", ""))[:_LONGEST_NAME].strip(), str(form.get("password", ""))
        address = visit_of(request).address
        try:
            await people.limit.take(name, address)
        except TooManyLogins as error:
            return JSONResponse({"detail": str(error)}, 429, {"retry-after": str(error.seconds)})
        if not await is_right(password, await people.directory.password_hash(name)):
            _LOG.warning("a login failed from %s", address)
            return JSONResponse({"detail": "credentialssignin"}, 401)
        await people.limit.succeeded(name, address)
        return _entered(request, await _noted(people, Claimed(name, "", None)), "password", JSONResponse)


def _add_header(app: FastAPI, people: People) -> None:
    @app.post("/auth/header", include_in_schema=False)
    async def header(request: Request) -> Response:
        """Whom the header names; without any login a visitor, who is nobody in particular."""
        if people.header is None:
            session = visit_of(request).session
            name = session.name if session else f"visitor-{secrets.token_hex(16)}"
            return _with_session(request, JSONResponse({"success": True}), name, "", {"login": "none"})
        try:
            person = await _noted(people, await people.header.read(request.headers))
        except LoginRefused as error:
            _LOG.warning("a login was refused: %s", error)
            return JSONResponse({"detail": str(error)}, 401)
        if person.is_disabled:
            return JSONResponse({"detail": "This person is kept out."}, 401)
        return _entered(request, person, "header", JSONResponse)


def _add_oidc(app: FastAPI, people: People, oidc: OidcLogin) -> None:
    place = f"/auth/oauth/{PROVIDER}"

    @app.get(place, include_in_schema=False)
    async def begin(request: Request) -> Response:
        base = people.settings.chat_url.rstrip("/") or str(request.base_url).rstrip("/")
        try:
            begun = await oidc.begin(f"{base}{place}/callback")
        except LoginRefused as error:
            return _refused(error)
        answer = RedirectResponse(begun.address, 303)
        sealed = people.signer.sealed(begun.kept | {"purpose": _BEGUN}, minutes=_MINUTES)
        answer.set_cookie(_BEGUN, sealed, max_age=int(_MINUTES * 60), path=place, httponly=True, samesite="lax")
        return answer

    @app.get(f"{place}/callback", include_in_schema=False)
    async def callback(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
        try:
            if error or not code:
                raise LoginRefused(f"The identity provider answered {error[:100] or 'without a code'}.")
            kept = people.signer.open(request.cookies.get(_BEGUN, "")) or {}
            if kept.get("purpose") != _BEGUN:
                raise LoginRefused("This login was begun in another browser or is too old. Begin again.")
            person = await _noted(people, await oidc.finish(kept, code=code, state=state))
            if person.is_disabled:
                raise LoginRefused("This person is kept out.")
        except LoginRefused as refused:
            return _refused(refused)
        answer = _entered(request, person, "oidc", lambda _: RedirectResponse("/login/callback?success=True", 303))
        answer.delete_cookie(_BEGUN, path=place)
        return answer


def _refused(error: LoginRefused) -> Response:
    _LOG.warning("a login was refused: %s", error)
    return RedirectResponse(f"/login?{urlencode({'error': 'oauthSignin'})}", 303)


async def _noted(people: People, said: Claimed) -> Person:
    person = await people.directory.logged_in(said.name, display_name=said.display_name, groups=said.groups)
    people.forget(said.name)
    return person


def _entered(request: Request, person: Person, login: str, answer: Any) -> Response:
    """An answer that begins a person's session."""
    details = session_details(person, login)
    return _with_session(request, answer({"success": True}), person.name, person.display_name, details)


def _with_session(request: Request, answer: Response, name: str, shown: str, details: dict[str, str]) -> Response:
    from chainlit.auth import create_jwt, set_auth_cookie
    from chainlit.user import User

    token = create_jwt(User(identifier=name, display_name=shown or name, metadata=details))
    set_auth_cookie(request, answer, token)
    return answer
