"""Login by what a load balancer or proxy says of a person in a header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat_app.people.claim import Claimed, claimed
from chat_app.people.error import LoginRefused, UnfitSetting
from chat_app.people.people_settings import PeopleSettings

_SIGNED = "x-amzn-oidc-data"
_KEY_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_MOST_KEYS = 100
_SECONDS = 5.0


class HeaderLogin:
    """Reads a header that names a person. AWS's load balancer signs its own (ES256): the signature, the signer's ARN,
    the issuer and the end of validity are checked, so that it counts wherever it comes from. Any other header is
    plain text and counts from trusted proxies only.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html

    Errors: UnfitSetting when a header could not be checked with what is set.
    """

    def __init__(self, settings: PeopleSettings) -> None:
        self._settings = settings
        self._name = settings.login_header.lower()
        self._keys: dict[str, str] = {}
        if self.is_signed and not settings.alb_signer:
            raise UnfitSetting(
                "LORECHAT_LOGIN=header with the header of an AWS load balancer needs LORECHAT_ALB_SIGNER, its ARN: "
                "everybody's load balancer can sign a token."
            )
        if not self.is_signed and not settings.trusted_proxies:
            raise UnfitSetting(
                f"LORECHAT_LOGIN=header with the plain header {self._name} needs LORECHAT_TRUSTED_PROXIES: a header "
                "from anybody else names whomever they like."
            )

    @property
    def is_signed(self) -> bool:
        """Whether the header is a signed token."""
        return self._name == _SIGNED

    @property
    def plain_headers(self) -> frozenset[str]:
        """Headers that only trusted proxies may set."""
        names = {self._settings.groups_header.lower()} - {""}
        return frozenset(names if self.is_signed else {self._name, *names})

    def claimed_name(self, headers: Mapping[str, str]) -> str:
        """Return the name in the header, unchecked: good enough to end a session that is somebody else's."""
        value = headers.get(self._name, "")
        if not self.is_signed:
            return value.strip()
        import jwt

        try:
            claims = jwt.decode(value, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return ""
        return str(claims.get(self._settings.name_claim, ""))

    async def read(self, headers: Mapping[str, str]) -> Claimed:
        """Return whom the header names. Errors: LoginRefused."""
        value = headers.get(self._name, "").strip()
        if not value:
            raise LoginRefused(f"The header {self._name} is missing: open the chat through its load balancer.")
        groups = self._groups(headers)
        if self.is_signed:
            return claimed(await self._opened(value), self._settings, groups=groups)
        return Claimed(value[:320], "", groups)

    def _groups(self, headers: Mapping[str, str]) -> frozenset[str] | None:
        if not self._settings.groups_header:
            return None
        said = headers.get(self._settings.groups_header.lower(), "")
        return frozenset(part.strip() for part in said.split(",") if part.strip())

    async def _opened(self, token: str) -> dict[str, Any]:
        """The claims of a load balancer's token, checked."""
        import jwt

        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
            if header.get("signer") != settings.alb_signer:
                raise LoginRefused(f"The token was signed by {header.get('signer')}, not by LORECHAT_ALB_SIGNER.")
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._key(str(header.get("kid", ""))),
                algorithms=["ES256"],
                issuer=settings.alb_issuer or None,
                options={"require": ["exp", "iss"] if settings.alb_issuer else ["exp"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise LoginRefused(f"The load balancer's token is not valid: {error}.") from error
        return claims

    async def _key(self, key_id: str) -> str:
        """The public key, as PEM; kept, for its id never names another one."""
        import httpx

        if not _KEY_ID.fullmatch(key_id):
            raise LoginRefused("The load balancer's token names no key.")
        if key_id not in self._keys:
            place = self._settings.alb_keys_url or _keys_of_region(self._settings.alb_signer)
            try:
                async with httpx.AsyncClient(timeout=_SECONDS) as client:
                    answer = (await client.get(f"{place.rstrip('/')}/{key_id}")).raise_for_status()
            except httpx.HTTPError as error:
                raise LoginRefused(f"The load balancer's key cannot be had from {place}: {error}.") from error
            if len(self._keys) >= _MOST_KEYS:
                self._keys.clear()
            self._keys[key_id] = answer.text
        return self._keys[key_id]


def _keys_of_region(arn: str) -> str:
    """AWS's address of public keys in the load balancer's region, which its ARN names."""
    parts = arn.split(":")
    return f"https://public-keys.auth.elb.{parts[3] if len(parts) > 3 else 'us-east-1'}.amazonaws.com"
