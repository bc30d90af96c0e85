"""A small website on loopback, and the real `lorechat` command with a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.chat_app.browser import browser  # noqa: F401 - a fixture of the browser tests
from tests.orchestration.dagster_server import RunningDagster, running_dagster
from tests.orchestration.harbour import world  # noqa: F401 - a fixture of two suites

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PAGES = {
    "index.html": ("Harbour", "<p>Harbour is a program that keeps boats in order. Read <a href='install.html'>how to "
                   "install it</a>, <a href='guide/moor.html'>how to moor a boat</a> or <a href='gone.html'>what "
                   "is gone</a>.</p>"),
    "install.html": ("Installing Harbour", "<h2 id='steps'>How do I install Harbour?</h2><p>You install Harbour by "
                     "running its installer from the quay. The installer needs ninety seconds and a dry key.</p>"
                     "<h2 id='config'>How do I configure logging?</h2><p>Set the variable HARBOUR_LOG to the name of "
                     "a file and logging is configured.</p><p class='sidebar'>Buy more boats.</p>"),
    "guide/index.html": ("Guide", "<p>The guide of Harbour has one page about <a href='moor.html'>mooring</a>.</p>"),
    "guide/moor.html": ("Mooring a boat", "<p>A boat is moored with two ropes. The first rope goes to the bow, the "
                        "second rope goes to the stern. Install fenders before you moor.</p>"),
}  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def write_pages(folder: Path) -> None:
    """Write the site's pages."""
    for name, (title, content) in PAGES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        page = f"<html lang=en><head><title>{title}</title></head><body><main><h1>{title}</h1>{content}</main></body>"
        path.write_text(page, encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a website of four pages and a broken link, without a slash at its end."""
    folder = tmp_path_factory.mktemp("site")
    write_pages(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def prepared_models(pytestconfig: pytest.Config) -> Path:
    """A folder of prepared embedding models that is kept between runs, as a user's is."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir("embedding-models")


def environment(home: Path, models: Path) -> dict[str, str]:
    """The environment of a `lorechat` that knows nothing of the machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LORECHAT_", "OPENAI_"))}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LORECHAT_HOME": str(home / "home"),
        "LORECHAT_SOURCES": str(home / "sources"),
        "LORECHAT_MODELS": str(models),
    }


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, prepared_models: Path) -> tuple[Path, dict[str, str]]:
    """An empty folder to work in, and the environment that keeps all state below it; shared by a module's tests."""
    folder = tmp_path_factory.mktemp("workplace")
    return folder, environment(folder, prepared_models)


@pytest.fixture(scope="module")
def lorechat(workplace: tuple[Path, dict[str, str]]) -> Run:
    """Run the command in the workplace: lorechat("add", url)."""
    folder, variables = workplace

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command: Sequence[str] = [str(Path(sys.executable).with_name("lorechat")), *arguments]
        return subprocess.run(command, cwd=folder, env=variables | more, capture_output=True, text=True, timeout=300)

    return run


@pytest.fixture(scope="session")
def dagster(tmp_path_factory: pytest.TempPathFactory, prepared_models: Path) -> Iterator[RunningDagster]:
    """A running webserver and daemon; every test has sources of its own in it."""
    with running_dagster(tmp_path_factory.mktemp("running-dagster"), prepared_models) as running:
        yield running
