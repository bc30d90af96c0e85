"""Login at an identity provider: OpenID Connect's authorization code flow with PKCE.

https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9700.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chat_app.people.claim import Claimed, claimed
from chat_app.people.error import LoginRefused, UnfitSetting
from chat_app.people.people_settings import PeopleSettings

if TYPE_CHECKING:
    from httpx import Response
    from jwt import PyJWK

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_SECONDS = 10.0
_LEEWAY_SECONDS = 60
_KEYS_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """A login that has begun: where the browser goes, and what it keeps until it comes back."""

    address: str
    kept: dict[str, Any]


class OidcLogin:
    """Talks to the provider that the settings name; its addresses are asked for at the first login.

    Errors: UnfitSetting when something is missing in the settings.
    """

    def __init__(self, settings: PeopleSettings) -> None:
        if not (settings.oidc_issuer and settings.oidc_client_id):
            raise UnfitSetting("LORECHAT_LOGIN=oidc needs LORECHAT_OIDC_ISSUER and LORECHAT_OIDC_CLIENT_ID.")
        self._settings = settings
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._found: dict[str, Any] | None = None
        self._keys: dict[str, PyJWK] = {}
        self._keys_read = -_KEYS_AGAIN_SECONDS
        self._asking = asyncio.Lock()

    async def begin(self, redirect: str) -> Beginning:
        """Begin a login that comes back to `redirect`. Errors: LoginRefused when the provider cannot be reached."""
        place = await self._discovered()
        kept = {"state": secrets.token_urlsafe(24), "nonce": secrets.token_urlsafe(24)}
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": redirect,
            "scope": self._settings.oidc_scopes,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **kept,
        }
        joint = "&" if "?" in place["authorization_endpoint"] else "?"
        address = f"{place['authorization_endpoint']}{joint}{urlencode(asked)}"
        return Beginning(address, kept | {"verifier": verifier, "redirect": redirect})

    async def finish(self, kept: dict[str, Any], *, code: str, state: str) -> Claimed:
        """Return who has logged in. Errors: LoginRefused."""
        if not secrets.compare_digest(str(kept.get("state", "")), state):
            raise LoginRefused("This login was begun in another window or is too old. Begin again.")
        place, settings = await self._discovered(), self._settings
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["redirect"],
            "client_id": settings.oidc_client_id,
            "code_verifier": kept["verifier"],
        }
        if secret := settings.oidc_client_secret.get_secret_value():
            asked["client_secret"] = secret
        tokens = await self._asked("POST", place["token_endpoint"], data=asked)
        claims = await self._checked(str(tokens.get("id_token", "")), nonce=kept["nonce"])
        if settings.name_claim not in claims and "userinfo_endpoint" in place:
            more = await self._asked("GET", place["userinfo_endpoint"], token=str(tokens.get("access_token", "")))
            if more.get("sub") != claims["sub"]:
                raise LoginRefused("The identity provider told of somebody else than it had logged in.")
            claims = more | claims
        return claimed(claims, settings)

    async def _checked(self, token: str, *, nonce: str) -> dict[str, Any]:
        """The claims of an identity token, after its signature, issuer, audience, time and nonce were checked."""
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._key(jwt.get_unverified_header(token).get("kid", "")),
                algorithms=_ALGORITHMS,
                audience=self._settings.oidc_client_id,
                issuer=(await self._discovered())["issuer"],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise LoginRefused(f"The identity provider's token is not valid: {error}.") from error
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise LoginRefused("The identity provider's token belongs to another login.")
        return claims

    async def _key(self, key_id: str) -> PyJWK:
        """The provider's key; its keys are read again for one that is not known, once a minute at most."""
        from jwt import PyJWKSet

        async with self._asking:
            stale = time.monotonic() - self._keys_read >= _KEYS_AGAIN_SECONDS
            if key_id not in self._keys and stale:
                read = await self._asked("GET", (await self._discovered())["jwks_uri"])
                self._keys = {key.key_id or "": key for key in PyJWKSet.from_dict(read).keys}
                self._keys_read = time.monotonic()
        if key_id not in self._keys:
            raise LoginRefused("The identity provider signed with a key that it does not publish.")
        return self._keys[key_id]

    async def _discovered(self) -> dict[str, Any]:
        if self._found is None:
            found = await self._asked("GET", f"{self._issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise LoginRefused(f"The identity provider calls itself {found.get('issuer')}, not {self._issuer}.")
            self._found = found
        return self._found

    async def _asked(self, method: str, url: str, *, data: dict[str, Any] | None = None, token: str = "") -> Any:
        import httpx

        headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        try:
            async with httpx.AsyncClient(timeout=_SECONDS) as client:
                answer: Response = await client.request(method, url, data=data, headers=headers)
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise LoginRefused(f"The identity provider cannot be asked now: {error}.") from error
