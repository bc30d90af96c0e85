"""The addresses at which people log in. The toolkit has its own at the same places; these come first, because it knows
neither addresses nor back-off, and its OAuth has neither PKCE nor a check of the identity token."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from chat_app.people.claim import Claimed
from chat_app.people.error import LoginRefused, TooManyLogins, UnfitName
from chat_app.people.oidc import OidcLogin
from chat_app.people.password import PasswordCheck
from chat_app.people.people import People
from chat_app.people.person import Person
from chat_app.people.session import person_token, set_session, visitor_token
from chat_app.people.visit import Visit, visit_of

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
        person = await noted(people, Claimed(name, "", None))
        return _entered(people, person, "password", JSONResponse({"success": True}))


def _add_header(app: FastAPI, people: People) -> None:
    @app.post("/auth/header", include_in_schema=False)
    async def header(request: Request) -> Response:
        """Asked by a page whose session has ended while it was open."""
        answer = JSONResponse({"success": True})
        try:
            set_session(answer, await token_at_door(people, visit_of(request), request.headers))
        except LoginRefused as error:
            return JSONResponse({"detail": str(error)}, 401)
        return answer


async def token_at_door(people: People, visit: Visit, headers: Mapping[str, str]) -> str:
    """Return the token of whom the header names; without any login, of a visitor. Errors: LoginRefused."""
    if people.header is None:
        return visitor_token(people.signer)
    try:
        person = await noted(people, await people.header.read(headers))
        if person.is_disabled:
            raise LoginRefused(f"{person.name} is kept out.")
    except LoginRefused as error:
        _LOG.warning("a login from %s was refused: %s", visit.address, error)
        raise
    return person_token(people.signer, person, "header")


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
            person = await noted(people, await oidc.finish(kept, code=code, state=state))
            if person.is_disabled:
                raise LoginRefused("This person is kept out.")
        except LoginRefused as refused:
            return _refused(refused)
        answer = _entered(people, person, "oidc", RedirectResponse("/login/callback?success=True", 303))
        answer.delete_cookie(_BEGUN, path=place)
        return answer


def _refused(error: LoginRefused) -> Response:
    _LOG.warning("a login was refused: %s", error)
    return RedirectResponse(f"/login?{urlencode({'error': 'oauthSignin'})}", 303)


async def noted(people: People, said: Claimed) -> Person:
    """Note a login and return who it is. Errors: LoginRefused."""
    try:
        person = await people.directory.logged_in(said.name, display_name=said.display_name, groups=said.groups)
    except UnfitName as error:
        raise LoginRefused(str(error)) from error
    people.forget(said.name)
    return person


def _entered(people: People, person: Person, login: str, answer: Response) -> Response:
    """An answer that begins a person's session."""
    set_session(answer, person_token(people.signer, person, login))
    return answer
