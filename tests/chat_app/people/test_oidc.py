"""Login at an identity provider: what its tokens must be, and what becomes of its claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from chat_app.people.error import UnfitSetting
from chat_app.people.oidc import OidcLogin
from chat_app.people.people import People
from tests.chat_app.people.conftest import browsing
from tests.doubles.identity_double import CLIENT, IdentityDouble

pytestmark = pytest.mark.slow

BEGIN = "/auth/oauth/oidc"


def oidc(identity: IdentityDouble, **changes: Any) -> dict[str, Any]:
    return {"login": "oidc", "oidc_issuer": identity.origin, "oidc_client_id": CLIENT} | changes


async def log_in(browser: httpx.AsyncClient) -> httpx.Response:
    """Go to the provider and come back."""
    begun = await browser.get(BEGIN)
    async with httpx.AsyncClient() as outside:
        back = (await outside.get(begun.headers["location"])).headers["location"]
    return await browser.get(back.removeprefix("http://chat.test"))


@pytest.mark.parametrize("with_userinfo", [False, True])
async def test_claims_become_a_person_with_roles_and_sources(
    open_people: Callable[..., People], identity: IdentityDouble, with_userinfo: bool
) -> None:
    identity.with_userinfo = with_userinfo
    people = open_people(**oidc(identity, role_groups="curator=staff", source_readers="internal=staff"))
    async with browsing(people) as browser:
        entered = await log_in(browser)
        assert entered.headers["location"] == "/login/callback?success=True"
        who = (await browser.get("/who")).json()
    assert (who["person"], who["roles"], who["sources"]) == (
        "ann@example.com",
        ["curator", "reader"],
        ["bees", "internal"],
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another chat"},
        {"iss": "https://evil.test"},
        {"exp": 1},
        {"nonce": "of another login"},
        {"email_verified": False},
        {"email": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_token_that_is_not_for_this_login_is_refused(
    open_people: Callable[..., People], identity: IdentityDouble, changes: dict[str, Any]
) -> None:
    identity.changes = changes
    async with browsing(open_people(**oidc(identity))) as browser:
        assert (await log_in(browser)).headers["location"] == "/login?error=oauthSignin"
        assert (await browser.get("/who")).json()["person"] is None


async def test_a_login_that_another_browser_began_is_refused(
    open_people: Callable[..., People], identity: IdentityDouble
) -> None:
    people = open_people(**oidc(identity))
    async with browsing(people) as attacker, browsing(people) as victim, httpx.AsyncClient() as outside:
        begun = await attacker.get(BEGIN)
        back = (await outside.get(begun.headers["location"])).headers["location"].removeprefix("http://chat.test")
        await victim.get(BEGIN)
        for path in (back, back.split("?")[0] + "?code=x&state=", back.split("?")[0] + "?error=access_denied"):
            assert (await victim.get(path)).headers["location"] == "/login?error=oauthSignin"
        assert (await victim.get("/who")).json()["person"] is None


async def test_a_login_is_asked_for_with_a_challenge_and_comes_back_to_the_chats_own_address(
    open_people: Callable[..., People], identity: IdentityDouble
) -> None:
    people = open_people(**oidc(identity, chat_url="https://chat.example.com"))
    async with browsing(people) as browser:
        begun = await browser.get(BEGIN)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["https://chat.example.com/auth/oauth/oidc/callback"]
    assert "Secure" in begun.headers["set-cookie"]


async def test_a_provider_that_is_away_is_told_at_the_login(open_people: Callable[..., People]) -> None:
    settings = {"login": "oidc", "oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": CLIENT}
    async with browsing(open_people(**settings)) as browser:
        assert (await browser.get(BEGIN)).headers["location"] == "/login?error=oauthSignin"


def test_settings_without_a_provider_are_told(open_people: Callable[..., People]) -> None:
    with pytest.raises(UnfitSetting, match="LORECHAT_OIDC_ISSUER"):
        OidcLogin(open_people(login="oidc").settings)
