"""Who visits where nobody logs in, what each may read, and how cookies are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chat_app.error import UnknownSource
from chat_app.library import Library
from chat_app.people.access import SourceAccess, read_readers
from chat_app.people.entrance import safe_cookie
from chat_app.people.error import UnfitSetting
from chat_app.people.people import People
from chat_app.people.person import Person
from chat_app.people.secret import session_secret
from chat_app.settings import ChatSettings
from tests.chat_app.people.conftest import browsing

pytestmark = pytest.mark.slow


def person(name: str, *groups: str, roles: tuple[str, ...] = ("reader",)) -> Person:
    return Person(name, name, frozenset(roles), frozenset(groups), False, datetime.now(UTC))


async def test_without_a_login_every_browser_is_a_visitor_of_its_own(open_people: Callable[..., People]) -> None:
    people = open_people()
    async with browsing(people) as one, browsing(people) as other:
        names = []
        for browser in (one, one, other):
            await browser.get("/who", headers={"accept": "text/html"})
            names.append((await browser.get("/who")).json()["name"])
        assert names[0] == names[1] != names[2]
        assert all(name.startswith("visitor-") for name in names)


async def test_a_session_ends_when_another_way_to_log_in_is_set(open_people: Callable[..., People]) -> None:
    async with browsing(open_people()) as browser:
        cookie = (await browser.get("/who", headers={"accept": "text/html"})).headers["set-cookie"].split(";")[0]
    async with browsing(open_people(login="password")) as browser:
        assert (await browser.get("/who", headers={"cookie": cookie})).json()["name"] is None


async def test_cookies_are_sent_encrypted_only_where_people_come_by_tls(open_people: Callable[..., People]) -> None:
    page = {"accept": "text/html"}
    async with browsing(open_people(), url="https://chat.test") as browser:
        assert "Secure" in (await browser.get("/who", headers=page)).headers["set-cookie"]
    async with browsing(open_people(trusted_proxies="10.0.0.0/8"), "10.0.0.1") as browser:
        answer = await browser.get("/who", headers=page | {"x-forwarded-proto": "https"})
        assert "Secure" in answer.headers["set-cookie"]


def test_a_cookie_for_other_sites_is_kept_from_them() -> None:
    assert safe_cookie("a=b; Path=/; SameSite=none", is_secure=True) == "a=b; HttpOnly; Path=/; SameSite=lax; Secure"


async def test_restricted_sources_are_for_their_readers_and_admins() -> None:
    async def live() -> list[str]:
        return ["bees", "hr", "internal"]

    access = SourceAccess(read_readers("internal=staff+bob,hr=hr"), live)
    assert await access.readable(None) == {"bees"}
    assert await access.readable(person("ann", "staff")) == {"bees", "internal"}
    assert await access.readable(person("bob")) == {"bees", "internal"}
    assert await access.readable(person("eve", roles=("reader", "admin"))) == {"bees", "hr", "internal"}
    assert await SourceAccess({}, live).readable(None) is None


async def test_a_restricted_source_is_not_there_for_whoever_may_not_read_it(
    publish: Callable[..., object], make_settings: Callable[..., ChatSettings]
) -> None:
    publish()
    publish({"Cats": "Cats sleep for most of the day."}, source="internal", title="Internal notes")
    settings = make_settings()
    library = Library(settings.reader(), settings.embedder)
    library.restricted = frozenset({"internal"})
    assert [release.source for release in await library.releases()] == ["bees"]
    found = await library.search("How long do cats sleep?")
    assert {scored.passage.source for scored in found.passages} == {"bees"}
    with pytest.raises(UnknownSource) as refused:
        await library.releases(["internal"])
    assert "Internal notes" not in str(refused.value)
    assert len(await library.releases(readable=frozenset({"bees", "internal"}))) == 2


@pytest.mark.parametrize("setting", ["internal", "=staff", "internal="])
def test_a_setting_that_is_no_pair_is_told(setting: str) -> None:
    with pytest.raises(UnfitSetting, match="LORECHAT_SOURCE_READERS"):
        read_readers(setting)


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = session_secret("", tmp_path / "chat")
    assert len(made) >= 32
    assert session_secret("", tmp_path / "chat") == made
    assert (tmp_path / "chat" / "session-secret").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnfitSetting, match="32 bytes"):
        session_secret("too short", tmp_path)
