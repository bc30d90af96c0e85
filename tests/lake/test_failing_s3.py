"""A lake on an S3 that throttles, fails, loses answers, refuses and encrypts: a real server behind a proxy."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import httpx
import polars as pl
import pytest

from data_contracts.chunk import CHUNKS
from lake import Lake, LakeUnreachable, ObjectFolder
from tests.lake.fault_proxy import EXPIRED_TOKEN, INTERNAL_ERROR, SLOW_DOWN, Fault, FaultProxy, Loss, Refusal, Seen
from tests.lake.test_lake import chunk_rows
from tests.s3_server import TENANT, TENANT_PREFIX

pytestmark = pytest.mark.slow


class Through:
    """The test's own lake, opened directly or through a proxy."""

    def __init__(self, options: dict[str, str], name: str) -> None:
        self.options = options
        self.url = f"s3://lake/{name}"

    def lake(self, proxy: FaultProxy | None = None, **more: str) -> Lake:
        address = {"AWS_ENDPOINT_URL": proxy.url} if proxy else {}
        return Lake(self.url, self.options | address | more)

    def proxy(self, fault: Callable[[Seen], Fault] = lambda seen: None) -> FaultProxy:
        return FaultProxy(self.options["AWS_ENDPOINT_URL"], fault)


@pytest.fixture
def through(s3_options: dict[str, str], tmp_path: Path) -> Through:
    return Through(s3_options, tmp_path.name)


def _rows(lake: Lake) -> Counter[str]:
    return Counter(lake.scan(CHUNKS, source="a").collect()["chunk_id"])


def _pages(pages: int, rows: int = 5) -> list[pl.DataFrame]:
    return [chunk_rows(rows, page=f"https://site.example/{page}") for page in range(pages)]


def test_a_throttling_server_slows_a_writer_down_and_loses_nothing(through: Through) -> None:
    chance = random.Random(7)
    refused: list[Seen] = []

    def fault(seen: Seen) -> Fault:
        if chance.random() < 0.3:
            refused.append(seen)
            return chance.choice([SLOW_DOWN, INTERNAL_ERROR])
        return None

    with through.proxy(fault) as proxy:
        lake = through.lake(proxy)
        added = sum(lake.append(CHUNKS, batch, source="a").added for batch in _pages(6))
    assert len(refused) > 5
    there = _rows(through.lake())
    assert (added, len(there), set(there.values())) == (30, 30, {1})


def test_racing_appenders_of_a_throttling_server_add_each_row_once(through: Through) -> None:
    """Every fifth request is refused, whichever writer's it is."""
    batches = _pages(6)
    with (
        through.proxy(lambda seen: SLOW_DOWN if seen.number % 5 == 4 else None) as proxy,
        ThreadPoolExecutor(3) as pool,
    ):

        def write(_: int) -> int:
            lake = through.lake(proxy)
            return sum(lake.append(CHUNKS, batch, source="a").added for batch in batches)

        list(pool.map(write, range(3)))
    there = _rows(through.lake())
    assert (len(there), set(there.values())) == (30, {1})


def test_a_commit_whose_answer_was_lost_is_not_made_twice(through: Through) -> None:
    """The server has the commit; the writer does not know, asks again and is told that the entry exists."""
    lost: list[Seen] = []

    def fault(seen: Seen) -> Fault:
        if seen.is_commit and not lost:
            lost.append(seen)
            return Loss.AFTER
        return None

    through.lake().append(CHUNKS, chunk_rows(1, page="https://site.example/first"), source="a")
    with through.proxy(fault) as proxy:
        through.lake(proxy).append(CHUNKS, chunk_rows(5), source="a")
        assert len(lost) == 1
        assert through.lake(proxy).append(CHUNKS, chunk_rows(5), source="a").added == 0
    there = _rows(through.lake())
    assert (len(there), set(there.values())) == (6, {1})


def test_a_writer_cut_off_before_its_commit_leaves_nothing_that_is_read(through: Through) -> None:
    """Every attempt at the commit is refused for good: the data file lies there, and no reader knows of it."""
    through.lake().append(CHUNKS, chunk_rows(2, page="https://site.example/first"), source="a")
    denied = Refusal(403, "AccessDenied")
    with (
        through.proxy(lambda seen: denied if seen.is_commit else None) as proxy,
        pytest.raises(LakeUnreachable, match="may not do this there"),
    ):
        through.lake(proxy).append(CHUNKS, chunk_rows(5), source="a")
    assert len(_rows(through.lake())) == 2
    assert through.lake().append(CHUNKS, chunk_rows(5), source="a").added == 5


def test_expired_credentials_are_named_with_what_to_do(through: Through) -> None:
    with through.proxy(lambda seen: EXPIRED_TOKEN) as proxy:
        with pytest.raises(LakeUnreachable, match=r"have expired\. Renew them"):
            through.lake(proxy).append(CHUNKS, chunk_rows(1), source="a")
        files = ObjectFolder(through.url, through.options | {"AWS_ENDPOINT_URL": proxy.url})
        with pytest.raises(LakeUnreachable, match=r"have expired\. Renew them"):
            files.write("a", b"one")


def test_a_server_that_fails_for_good_ends_in_a_message_and_not_in_silence(through: Through) -> None:
    few = {"max_retries": "2", "retry_timeout": "5s"}
    with through.proxy(lambda seen: SLOW_DOWN) as proxy, pytest.raises(LakeUnreachable, match="overloaded"):
        through.lake(proxy, **few).append(CHUNKS, chunk_rows(1), source="a")


def test_a_key_of_one_prefix_reads_and_writes_there_and_nowhere_else(
    s3_options: dict[str, str], tmp_path: Path
) -> None:
    tenant = s3_options | {"AWS_ACCESS_KEY_ID": TENANT}
    own = f"s3://lake/{TENANT_PREFIX}/{tmp_path.name}"
    assert Lake(own, tenant).append(CHUNKS, chunk_rows(3), source="a").added == 3
    assert Lake(own, tenant).scan(CHUNKS).collect().height == 3
    foreign = f"s3://lake/tenants/two/{tmp_path.name}"
    Lake(foreign, s3_options).append(CHUNKS, chunk_rows(3), source="a")
    with pytest.raises(LakeUnreachable, match="may not do this there"):
        Lake(foreign, tenant).scan(CHUNKS)
    with pytest.raises(LakeUnreachable, match="may not do this there"):
        Lake(foreign, tenant).append(CHUNKS, chunk_rows(5), source="a")
    assert Lake(foreign, s3_options).scan(CHUNKS).collect().height == 3


def test_every_object_is_encrypted_when_that_is_set(through: Through) -> None:
    sealed = {"AWS_SERVER_SIDE_ENCRYPTION": "AES256"}
    through.lake(**sealed).append(CHUNKS, chunk_rows(5), source="a")
    ObjectFolder(through.url, through.options | sealed).write("inbox/a.html", b"<p>dropped</p>")
    client = boto3.client(
        "s3",
        endpoint_url=through.options["AWS_ENDPOINT_URL"],
        aws_access_key_id=through.options["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=through.options["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    prefix = through.url.removeprefix("s3://lake/")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket="lake", Prefix=f"{prefix}/")["Contents"]]
    assert len(keys) >= 4
    for key in keys:
        assert client.head_object(Bucket="lake", Key=key).get("ServerSideEncryption") == "AES256", key
    client.close()
    assert len(_rows(through.lake())) == 5


def test_what_opening_a_table_costs_does_not_grow_with_its_history(through: Through) -> None:
    """After a checkpoint a reader lists what came after it, however many commits there were before."""

    def cost() -> tuple[int, int]:
        with through.proxy() as proxy:
            through.lake(proxy).scan(CHUNKS, source="a").collect()
            return sum(seen.method == "GET" for seen in proxy.seen), sum(proxy.listed)

    costs = []
    for round_of_commits in range(2):
        lake = through.lake()
        for page in range(20):
            url = f"https://site.example/{round_of_commits}/{page}"
            lake.append(CHUNKS, chunk_rows(1, page=url), source="a")
        delta = lake.delta(CHUNKS)
        assert delta is not None
        delta.optimize.compact()
        delta.create_checkpoint()
        costs.append(cost())
    (gets, names), (later_gets, later_names) = costs
    assert later_gets <= gets + 1
    assert later_names <= names + 1


def test_the_proxy_passes_on_what_it_does_not_change(through: Through) -> None:
    with through.proxy() as proxy:
        assert httpx.get(f"{proxy.url}/lake").status_code == 403
        assert through.lake(proxy).append(CHUNKS, chunk_rows(2), source="a").added == 2
        assert [seen for seen in proxy.seen if seen.is_commit]
        assert proxy.listed
