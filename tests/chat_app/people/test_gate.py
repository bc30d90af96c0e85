"""What every request passes first: names, origins, the content policy, and the limit of questions."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.responses import HTMLResponse

from chat_app.content_policy import ContentPolicy
from chat_app.error import TooManyQuestions
from chat_app.gate import Gate
from chat_app.rate_limit import RateLimit

PAGE = "<html><script>alert(1)</script><script type='module' src='/a.js'></script></html>"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("intranet.test", 200),
        ("rebound.evil.test:8000", 403),
        ("localhost.evil.test", 403),
    ],
)
async def test_a_chat_of_one_machine_answers_under_its_own_names_only(host: str, status: int) -> None:
    gate = Gate(HTMLResponse(PAGE), origins=frozenset({"https://intranet.test"}), is_local=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=gate), base_url="http://localhost") as client:
        assert (await client.get("/", headers={"host": host, "origin": f"http://{host}"})).status_code == status


async def test_inline_scripts_run_by_their_hash_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<script>document.body.dataset.theme = 1</script>")
    policy = ContentPolicy(lambda: PAGE, tmp_path)
    page, handbook = policy.header("/", "chat.test"), policy.header("/handbook/index.html", "chat.test")
    assert "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in page
    assert handbook.count("'sha256-") == 1
    assert handbook.split("script-src")[1].split(";")[0] != page.split("script-src")[1].split(";")[0]
    assert "evil" not in policy.header("/", "x; script-src evil")


def test_a_person_who_asks_from_many_addresses_is_one() -> None:
    limit = RateLimit(2, clock=lambda: 0.0)
    limit.take("a", "ann")
    limit.take("b", "ann")
    with pytest.raises(TooManyQuestions):
        limit.take("c", "ann")
    limit.take("c", "bob")
    limit.take("c")
    with pytest.raises(TooManyQuestions):
        limit.take("c", "eve")
