"""An account as the stacks make it, a crawled source in its lake, and a Dagster step to work in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.settings import PipelineSettings
from orchestration.workplace.placement import Placing
from orchestration.workplace.remote_crew import RemoteCrew
from retrieval.embedder import Embedder
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from tests.assets.conftest import CrawledSource
from tests.ministack import Ministack
from tests.orchestration.workplace.account import Account, make_account
from tests.orchestration.workplace.fargate import Fargate

PAGES = {
    f"/{number}": f"<main><h1>Day {number}</h1><p>On day {number} there was rain again, and wind.</p></main>"
    for number in range(12)
}

SIX = {"markdown": 6, "chunks": 6, "embeddings": 6}
"""Six units are enough for a worker, so that twelve have two."""


@pytest.fixture(scope="session")
def embedder(prepared_models: Path) -> Embedder:
    return load_embedder(cache=prepared_models)


@pytest.fixture(scope="session")
def account(ministack: Ministack, prepared_models: Path, embedder: Embedder) -> Account:
    assert embedder.model_id  # the models' folder is prepared before anybody is started who needs it
    return make_account(ministack, prepared_models)


def remote_crew(account: Account, clients: Any, place: str, **settings: Any) -> RemoteCrew:
    """The crew that the settings describe, at a place of the account; it looks at its workers often."""
    told = PipelineSettings(
        lake_url=account.lake().url,
        models=account.models,
        worker_place=place,
        worker_function=account.function,
        worker_cluster=account.cluster,
        worker_task=account.definition,
        **settings,
    )
    local = replace(told.crew(), least_share=SIX)
    return RemoteCrew(
        placing=Placing(told, share={"lambda": SIX, "ecs": SIX}),
        local=local,
        model=local.model.model_copy(update={"cache": None}),
        function=account.function,
        tasks=account.tasks(),
        open_clients=lambda: clients,
        seconds=0.2,
    )


@dataclass
class Site:
    """Dagster's side of the account: `crew` for a place, and what Fargate does meanwhile."""

    account: Account
    fargate: Fargate
    clients: Any

    def crew(self, place: str, **settings: Any) -> RemoteCrew:
        """The crew that the settings describe, at a place; it looks at its workers often."""
        return remote_crew(self.account, self.clients, place, **settings)


@pytest.fixture
def site(account: Account, tmp_path: Path) -> Iterator[Site]:
    fargate = Fargate(account.worker_environment(), tmp_path / "tasks.log")
    clients = account.clients()
    fargate.watch(clients.tasks)
    yield Site(account, fargate, clients)
    fargate.end()
    print((tmp_path / "tasks.log").read_text() if (tmp_path / "tasks.log").exists() else "no task was started")


Step = Callable[[Callable[[dg.AssetExecutionContext], Any]], dg.ExecuteInProcessResult]


@pytest.fixture
def step() -> Iterator[Step]:
    """Run a piece of work in a step of a Dagster run."""
    with dg.DagsterInstance.ephemeral() as instance:

        def run(work: Callable[[dg.AssetExecutionContext], Any]) -> dg.ExecuteInProcessResult:
            @dg.asset(name="work")
            def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg] # Dagster exports no type to name
                return dg.MaterializeResult(metadata={"found": str(work(context))})

            return dg.materialize([asset], instance=instance, raise_on_error=False)

        yield run


@pytest.fixture
def crawled(site: Site, embedder: Embedder, tmp_path: Path, request: pytest.FixtureRequest) -> CrawledSource:
    """A source of its own in the account's lake, which is opened with the rights that Dagster has."""
    found = CrawledSource(site.account.lake(site.account.dagster), LocalStore(tmp_path / "index"), embedder)
    found.source = found.source.model_copy(update={"name": f"site-{abs(hash(request.node.name)) % 10**8}"})
    found.crawl(PAGES)
    return found
