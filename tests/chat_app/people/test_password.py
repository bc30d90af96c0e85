"""Login by password: who comes in, who waits, and when a session ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chat_app.people.claim import Claimed
from chat_app.people.error import LoginRefused, PersonExists, SessionEnded, TooManyLogins, UnfitName, UnfitPassword
from chat_app.people.login_limit import LoginLimit
from chat_app.people.login_route import noted
from chat_app.people.password import PasswordCheck, hash_password
from chat_app.people.people import People
from chat_app.people.session import Session, person_token
from chat_app.store.database import Database
from tests.chat_app.people.conftest import browsing

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
RIGHT = {"username": "ann", "password": PASSWORD}


async def test_a_password_opens_a_session_until_it_changes(open_people: Callable[..., People]) -> None:
    people = open_people(login="password")
    await people.directory.add("ann", password_hash=hash_password(PASSWORD), roles=["curator"])
    async with browsing(people) as browser:
        assert (await browser.post("/login", data=RIGHT | {"password": "wrong"})).status_code == 401
        assert (await browser.get("/who")).json()["person"] is None
        entered = await browser.post("/login", data=RIGHT)
        assert entered.json() == {"success": True}
        flags = entered.headers["set-cookie"]
        assert "HttpOnly" in flags
        assert "SameSite=lax" in flags
        assert "Secure" not in flags
        who = (await browser.get("/who")).json()
        assert (who["person"], who["roles"]) == ("ann", ["curator", "reader"])
        await people.directory.set_password("ann", hash_password("another one, longer"))
        people.forget("ann")
        who = (await browser.get("/who")).json()
        assert (who["person"], who["cookie"]) == (None, "")


async def test_who_is_kept_out_cannot_log_in_and_has_no_session(open_people: Callable[..., People]) -> None:
    people = open_people(login="password")
    await people.directory.add("ann", password_hash=hash_password(PASSWORD))
    async with browsing(people) as browser:
        await browser.post("/login", data=RIGHT)
        await people.directory.set_disabled("ann", is_disabled=True)
        people.forget("ann")
        assert (await browser.get("/who")).json()["person"] is None
        assert (await browser.post("/login", data=RIGHT)).status_code == 401


async def test_logins_that_fail_too_often_wait_even_with_the_right_password(open_people: Callable[..., People]) -> None:
    people = open_people(login="password")
    await people.directory.add("ann", password_hash=hash_password(PASSWORD))
    async with browsing(people) as browser:
        for _ in range(5):
            assert (await browser.post("/login", data=RIGHT | {"password": "x"})).status_code == 401
        refused = await browser.post("/login", data=RIGHT)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    async with browsing(people, "203.0.113.10") as elsewhere:
        assert (await elsewhere.post("/login", data=RIGHT)).status_code == 200


async def test_waiting_doubles_up_to_a_quarter_of_an_hour_and_a_success_forgives(migrated: Database) -> None:
    now = [datetime(2026, 5, 1, tzinfo=UTC)]
    limit = LoginLimit(migrated, clock=lambda: now[0])
    waits = []
    for _ in range(20):
        try:
            await limit.take("ann", "1.2.3.4")
        except TooManyLogins as error:
            waits.append(error.seconds)
            now[0] += timedelta(seconds=error.seconds)
            await limit.take("ann", "1.2.3.4")
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert set(waits[10:]) == {900}
    await limit.succeeded("ann", "1.2.3.4")
    now[0] += timedelta(seconds=900)
    for _ in range(5):
        await limit.take("ann", "1.2.3.4")
        now[0] += timedelta(seconds=900)


async def test_a_signed_in_token_of_another_secret_is_nothing(open_people: Callable[..., People]) -> None:
    people = open_people(login="password")
    person = await people.directory.add("ann", roles=["admin"])
    forged = type(people.signer)("another secret of more than 32 bytes")
    token = forged.token("ann", shown="Ann", details={"stamp": person.stamp})
    async with browsing(people) as browser:
        for headers in ({"cookie": f"access_token={token}"}, {"authorization": f"Bearer {token}"}):
            assert (await browser.get("/who", headers=headers)).json()["person"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cookie", "access_token=\xa0{}"),
        ("cookie", "a=b; access_token_0={}; access_token=x"),
        ("authorization", "Bearer {}!"),
        ("authorization", "Bearer\xa0{}"),
    ],
)
async def test_an_ended_session_reaches_nobody_in_whatever_way_it_is_written(
    open_people: Callable[..., People], name: str, value: str
) -> None:
    people = open_people(login="password")
    ended = person_token(people.signer, await people.directory.add("ann", roles=["admin"]), "password")
    await people.directory.set_disabled("ann", is_disabled=True)
    async with browsing(people) as browser:
        seen = await browser.get("/who", headers={name.encode(): value.format(ended).encode("latin-1")})
    assert seen.json()["person"] is None
    assert ended not in str(seen.json())


async def test_of_two_sessions_in_one_request_only_the_one_that_was_checked_goes_on(
    open_people: Callable[..., People],
) -> None:
    people = open_people(login="password")
    ann = person_token(people.signer, await people.directory.add("ann"), "password")
    bob = person_token(people.signer, await people.directory.add("bob"), "password")
    async with browsing(people) as browser:
        held = f"access_token={ann}; a=b; access_token={bob}"
        seen = (await browser.get("/who", headers={"cookie": held, "authorization": f"Bearer {ann}"})).json()
    assert seen["person"] == "bob"
    assert (seen["cookie"], seen["authorization"]) == (f"a=b; access_token={bob}", "")


async def test_an_open_page_asks_nothing_more_when_its_session_has_ended(open_people: Callable[..., People]) -> None:
    people = open_people(login="password")
    ann = await people.directory.add("ann")
    session = Session("ann", ann.stamp)
    assert (await people.asker_of(session, "")).user == "ann"
    await people.directory.set_password("ann", hash_password(PASSWORD))
    people.forget("ann")
    with pytest.raises(SessionEnded, match="Log in again"):
        await people.asker_of(session, "")
    ann = await people.directory.set_disabled("ann", is_disabled=True)
    people.forget("ann")
    for left in (Session("ann", ann.stamp), Session("nobody", "now"), Session("visitor-1", ""), None):
        with pytest.raises(SessionEnded):
            await people.asker_of(left, "")


async def test_unknown_names_are_compared_with_a_password_too() -> None:
    check = PasswordCheck()
    assert not await check("nobody has this password", None)
    assert await check(PASSWORD, hash_password(PASSWORD))
    assert not await check("x" * 10_000, hash_password(PASSWORD))


@pytest.mark.parametrize("password", ["short", "x" * 257])
def test_a_password_too_short_or_too_long_is_not_taken(password: str) -> None:
    with pytest.raises(UnfitPassword, match="10 to 256 characters"):
        hash_password(password)


@pytest.mark.parametrize("name", ["key website", "Key website", "visitor-0123"])
async def test_nobody_is_called_as_programs_and_visitors_are(open_people: Callable[..., People], name: str) -> None:
    people = open_people()
    with pytest.raises(UnfitName, match="Choose another name"):
        await people.directory.add(name)
    with pytest.raises(LoginRefused, match="Choose another name"):
        await noted(people, Claimed(name, "", None))
    assert await people.directory.everybody() == []


async def test_a_name_is_taken_once(open_people: Callable[..., People]) -> None:
    people = open_people()
    await people.directory.add("ann")
    with pytest.raises(PersonExists, match="ann"):
        await people.directory.add("ann")
