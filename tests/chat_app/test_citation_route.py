"""Who is shown what a marker opens."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from chat_app.citation_route import add_citation_route
from chat_app.people.entrance import Entrance
from chat_app.people.session import person_token
from chat_app.question import Asker, Question
from chat_app.service import ChatService
from chat_app.settings import ChatSettings
from retrieval.vector_store import ReleaseManifest

pytestmark = pytest.mark.slow


async def test_a_passage_is_shown_to_whoever_was_given_it_as_long_as_they_may_read_it(
    make_settings: Callable[..., ChatSettings], publish: Callable[..., ReleaseManifest]
) -> None:
    publish()
    service = ChatService.open(make_settings(login="password", source_readers="bees=staff"))
    await service.prepare_database()
    people = service.people
    app = FastAPI()
    add_citation_route(app, service)
    app.add_middleware(Entrance, people=people)
    cookies = {}
    for name in ("ann", "bob"):
        person = await people.directory.add(name, groups=["staff"])
        cookies[name] = {"cookie": f"access_token={person_token(people.signer, person, 'password')}"}
    asker = Asker(user="ann", session="ann", sources=frozenset({"bees"}))
    turn_id = await service.runner.start(Question("When does a colony swarm?", asker=asker), "t1")
    async for _ in service.runner.follow(turn_id):
        pass
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as browser:
        place = f"/citation/{turn_id}/1"
        shown = await browser.get(place, headers=cookies["ann"])
        assert (shown.status_code, "late spring" in shown.text) == (200, True)
        assert (await browser.get(place, headers=cookies["bob"])).status_code == 404, "it is somebody else's"
        assert (await browser.get(place)).status_code == 404
        await people.directory.set_groups("ann", [])
        people.forget("ann")
        assert (await browser.get(place, headers=cookies["ann"])).status_code == 404
    await service.close()
