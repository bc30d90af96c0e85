"""Login by a header: a load balancer's signed token, or a trusted proxy's word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chat_app.people.error import UnfitSetting
from chat_app.people.people import People
from tests.chat_app.people.conftest import browsing
from tests.doubles.identity_double import KeyServerDouble

pytestmark = pytest.mark.slow

HEADER = "x-amzn-oidc-data"
PAGE = {"accept": "text/html"}


def alb(keys: KeyServerDouble, **changes: Any) -> dict[str, Any]:
    fixed = {"alb_signer": keys.SIGNER, "alb_issuer": "https://idp.test", "alb_keys_url": keys.origin}
    return {"login": "header"} | fixed | changes


async def test_a_load_balancers_token_opens_a_session_with_the_page(
    open_people: Callable[..., People], keys: KeyServerDouble
) -> None:
    people = open_people(**alb(keys))
    signed = {HEADER: keys.token()}
    async with browsing(people) as browser:
        await browser.get("/who", headers=signed | PAGE)
        assert (await browser.get("/who", headers=signed)).json()["person"] == "ann@example.com"
        assert (await browser.get("/who")).json()["person"] is None, "the cookie counts beside its header only"
        other = {HEADER: keys.token(email="bob@example.com")}
        assert (await browser.get("/who", headers=other)).json()["person"] is None
        assert (await browser.post("/auth/header", headers=other)).json() == {"success": True}
        assert (await browser.get("/who", headers=other)).json()["person"] == "bob@example.com"
    assert keys.asked == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"signer": "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/evil/1"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"exp": 1},
        {"iss": "https://evil.test"},
        {"email": ""},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_token_that_the_load_balancer_did_not_sign_for_now_is_refused(
    open_people: Callable[..., People], keys: KeyServerDouble, wrong: dict[str, Any]
) -> None:
    async with browsing(open_people(**alb(keys))) as browser:
        assert (await browser.post("/auth/header", headers={HEADER: keys.token(**wrong)})).status_code == 401
        assert (await browser.post("/auth/header")).status_code == 401
        assert (await browser.get("/who")).json()["person"] is None


async def test_a_plain_header_counts_from_a_trusted_proxy_only(open_people: Callable[..., People]) -> None:
    people = open_people(
        login="header",
        login_header="X-Remote-User",
        groups_header="X-Remote-Groups",
        trusted_proxies="10.0.0.0/8",
        source_readers="internal=staff",
    )
    said = {
        "x-remote-user": "ann",
        "x-remote-groups": "staff, ops",
        "x-forwarded-for": "6.6.6.6, 198.51.100.7, 10.0.0.2",
    }
    async with browsing(people, "10.0.0.1") as proxied:
        await proxied.get("/who", headers=said | PAGE)
        who = (await proxied.get("/who", headers=said)).json()
        assert (who["person"], who["address"], who["sources"]) == ("ann", "198.51.100.7", ["bees", "internal"])
    async with browsing(people, "203.0.113.9") as direct:
        assert (await direct.post("/auth/header", headers=said)).status_code == 401
        assert (await direct.get("/who", headers=said)).json()["address"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("settings", "says"),
    [({}, "LORECHAT_ALB_SIGNER"), ({"login_header": "X-Remote-User"}, "LORECHAT_TRUSTED_PROXIES")],
)
def test_a_header_that_could_not_be_checked_is_not_accepted_as_a_setting(
    open_people: Callable[..., People], settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(UnfitSetting, match=says):
        open_people(login="header", **settings)
