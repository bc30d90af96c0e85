"""What runs by itself: decided on real assets declared by the flow's own policy."""

import warnings
from collections.abc import Iterator

import dagster as dg
import pytest

from assets.policy import SOURCES, site_asset

SAYS_SOMETHING = "says_something"


class Chain:
    """Two assets, `first` and `second`; what `first` finds at each source, and whether its check passes, is set."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.content: dict[str, str] = {}
        self.instance = instance
        self.assets = _assets(self.content)
        self._cursor = None

    def run(self, asset: str, source: str) -> None:
        done = dg.materialize(
            self.assets, partition_key=source, selection=[asset], instance=self.instance, raise_on_error=False
        )
        assert done.success or self.content[source] == ""

    def wanted(self) -> dict[str, set[str]]:
        """A tick of automation: asset -> the sources that it asks to run it for."""
        with warnings.catch_warnings(action="ignore", category=dg.BetaWarning):  # Dagster's own use of its beta
            result = dg.evaluate_automation_conditions(self.assets, instance=self.instance, cursor=self._cursor)
        self._cursor = result.cursor
        names = ("first", "second")
        found = {name: set(result.get_requested_partitions(dg.AssetKey(name))) for name in names}
        return {name: sources for name, sources in found.items() if sources}


def _assets(content: dict[str, str]) -> list[dg.AssetsDefinition]:
    checks = {SAYS_SOMETHING: "There is content."}

    @site_asset("first", after=None, kinds={"python"}, code_version="1", checks=checks)
    def first(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        found = content[context.partition_key]
        check = dg.AssetCheckResult(check_name=SAYS_SOMETHING, passed=bool(found))
        return dg.MaterializeResult(data_version=dg.DataVersion(found or "nothing"), check_results=[check])

    @site_asset("second", after="first", kinds={"python"}, code_version="1", checks={})
    def second() -> None: ...

    return [first, second]


@pytest.fixture
def chain() -> Iterator[Chain]:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(SOURCES.name or "", ["docs", "shop"])
        found = Chain(instance)
        assert found.wanted() == {}
        yield found


def test_what_follows_runs_once_for_the_source_that_changed(chain: Chain) -> None:
    chain.content["docs"] = "one"
    chain.run("first", "docs")
    assert chain.wanted() == {"second": {"docs"}}
    chain.run("second", "docs")
    assert chain.wanted() == {}


def test_what_follows_does_not_run_for_content_that_is_the_same(chain: Chain) -> None:
    chain.content["docs"] = "one"
    chain.run("first", "docs")
    chain.wanted()
    chain.run("second", "docs")
    chain.run("first", "docs")
    assert chain.wanted() == {}
    chain.content["docs"] = "two"
    chain.run("first", "docs")
    assert chain.wanted() == {"second": {"docs"}}


def test_a_failed_check_holds_its_source_back_and_no_other(chain: Chain) -> None:
    chain.content |= {"docs": "", "shop": "goods"}
    chain.run("first", "docs")
    chain.run("first", "shop")
    assert chain.wanted() == {"second": {"shop"}}
    assert chain.wanted() == {}
    chain.content["docs"] = "mended"
    chain.run("first", "docs")
    assert chain.wanted() == {"second": {"docs"}}


def test_what_is_missing_is_asked_for_once_although_its_run_fails(chain: Chain) -> None:
    chain.content["docs"] = "one"
    chain.run("first", "docs")
    assert [chain.wanted() for _ in range(4)] == [{"second": {"docs"}}, {}, {}, {}]
