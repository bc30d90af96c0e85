"""An identity provider that speaks OpenID Connect, and the key server of AWS's load balancers, on loopback."""

from __future__ import annotations

import json
import secrets
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.doubles.loopback_server import LoopbackServer, Reply, Request

CLIENT = "lorechat"


class IdentityDouble(LoopbackServer):
    """Logs everybody in as `claims` say, without asking. `changes` are put over the identity token's claims, to make
    wrong ones; `with_userinfo` leaves all but the subject to the userinfo address."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {"sub": "u-1", "email": "ann@example.com", "name": "Ann", "groups": ["staff"]}
        self.changes: dict[str, Any] = {}
        self.with_userinfo = False
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, dict[str, str]] = {}
        super().__init__()

    async def answer(self, request: Request, reply: Reply) -> None:
        path = urlsplit(request.path).path
        if path == "/.well-known/openid-configuration":
            await reply.json(200, self._places())
        elif path == "/authorize":
            await self._authorize(request, reply)
        elif path == "/token":
            await self._token(request, reply)
        elif path == "/userinfo":
            is_known = request.headers.get("authorization") == "Bearer access"
            await reply.json(200 if is_known else 401, self.claims if is_known else {})
        elif path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            await reply.json(200, {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]})
        else:
            await reply.json(404, {})

    def _places(self) -> dict[str, str]:
        return {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token",
            "userinfo_endpoint": f"{self.origin}/userinfo",
            "jwks_uri": f"{self.origin}/keys",
        }

    async def _authorize(self, request: Request, reply: Reply) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        await reply.whole(302, b"", {"location": back})

    async def _token(self, request: Request, reply: Reply) -> None:
        sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = self._codes.pop(sent.get("code", ""), None)
        challenge = urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or sent["redirect_uri"] != asked["redirect_uri"]:
            await reply.json(400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        told = {"sub": self.claims["sub"]} if self.with_userinfo else self.claims
        claims = told | {"iss": self.origin, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        token = jwt.encode(claims | self.changes, self.key, "RS256", headers={"kid": "k1"})
        await reply.json(200, {"access_token": "access", "token_type": "Bearer", "id_token": token})


class KeyServerDouble(LoopbackServer):
    """Publishes the public key of a load balancer at `/<key id>`, and signs as that load balancer does."""

    SIGNER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/chat/1"

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.asked = 0
        super().__init__()

    async def answer(self, request: Request, reply: Reply) -> None:
        self.asked += 1
        if request.path != "/key-1":
            await reply.whole(404, b"")
            return
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        await reply.whole(200, self.key.public_key().public_bytes(serialization.Encoding.PEM, form))

    def token(self, *, signer: str = SIGNER, key: ec.EllipticCurvePrivateKey | None = None, **changes: Any) -> str:
        """Return a token of somebody; `changes` are put over its claims."""
        claims = {"sub": "u-1", "email": "ann@example.com", "iss": "https://idp.test", "exp": int(time.time()) + 120}
        header = {"kid": "key-1", "signer": signer, "client": CLIENT}
        return jwt.encode(claims | changes, key or self.key, "ES256", headers=header)
