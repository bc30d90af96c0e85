"""`lorechat up`: from nothing to a chat that answers, in one command."""

from __future__ import annotations

import signal
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from data_contracts.source import Source
    from orchestration.commands.progress_display import ProgressDisplay
    from orchestration.settings import PipelineSettings
    from orchestration.up.supervisor import Supervisor


def up(
    site: Annotated[str | None, typer.Argument(help="A website; default: LoreChat's own handbook.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the chat in a browser when it can answer.")] = True,
) -> None:
    """Start everything: Dagster, the chat, and the pipeline for a website. Ctrl-C stops all of it.

    What was read before is kept: a second start takes seconds and reads nothing again.

    \b
    Examples:
      lorechat up
      lorechat up https://docs.example.com
      LORECHAT_CHAT_PORT=8100 LORECHAT_DAGSTER_PORT=3100 lorechat up --no-browser
    """
    from orchestration.settings import PipelineSettings
    from orchestration.up.instance import only_one

    _stop_on_signals()
    given = PipelineSettings()
    settings = given.model_copy(update={"home": given.home.resolve()})
    try:
        with only_one(settings.home):
            _run(settings, site, browser=browser)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)


def _stop_on_signals() -> None:
    """Let SIGTERM and a closed terminal end the run as Ctrl-C does."""
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)


def _run(settings: PipelineSettings, site: str | None, *, browser: bool) -> None:
    from orchestration.commands.progress_display import ProgressDisplay
    from orchestration.up.supervisor import Supervisor

    _check_ports(settings)
    environment = _child_environment(settings)
    with (
        Supervisor(logs=settings.home / "logs", environment=environment, folder=Path.cwd()) as supervisor,
        ProgressDisplay() as display,
    ):
        display.say("Starting Dagster and the chat ...")
        source = _start(settings, site, supervisor)
        # A newly built handbook is a new folder, in which nobody has noted yet that it was read.
        was_read = settings.home / "handbook" / ".read"
        is_behind = site is None and not was_read.exists()
        if is_behind or settings.store().live(source.name) is None:
            _fill(settings, source, supervisor, display)
        if site is None:
            was_read.touch()
        supervisor.wait_for("chat", settings.chat_port, "/health/ready")
        display.close()
        _announce(settings, source, browser=browser)
        supervisor.watch()


def _check_ports(settings: PipelineSettings) -> None:
    from orchestration.up.port import check_port

    check_port(settings.dagster_port, purpose="Dagster", setting="LORECHAT_DAGSTER_PORT")
    check_port(settings.chat_port, purpose="the chat", setting="LORECHAT_CHAT_PORT")


def _child_environment(settings: PipelineSettings) -> dict[str, str]:
    """Our own environment, and where Dagster finds its instance."""
    return {
        **settings.environment(),
        "LORECHAT_HOME": str(settings.home),
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONUNBUFFERED": "1",
    }


def _start(settings: PipelineSettings, site: str | None, supervisor: Supervisor) -> Source:
    """Start the servers and return the source that the run is about."""
    from orchestration.settings import PROJECT
    from orchestration.up.handbook import build_handbook
    from orchestration.up.site import handbook_source, site_source

    if site is None:
        source = handbook_source(settings.sources, settings.chat_port)
    else:
        source = site_source(site, settings.catalog())
    _prepare_dagster(settings, source.name)
    workspace = str(PROJECT / "workspace.yaml")
    supervisor.start(
        "dagster-webserver",
        [_program("dagster-webserver"), "-w", workspace, "-h", "127.0.0.1", "-p", str(settings.dagster_port)],
    )
    build_handbook(PROJECT / "docs", settings.home / "handbook")
    supervisor.start("chat", [sys.executable, "-m", "chat_app"])
    supervisor.wait_for("chat", settings.chat_port, "/health")
    supervisor.wait_for("dagster-webserver", settings.dagster_port, "/server_info")
    # Last, because nobody waits for it: on two cores the first answer comes seconds earlier.
    supervisor.start("dagster-daemon", [_program("dagster-daemon"), "run", "-w", workspace])
    return source


def _prepare_dagster(settings: PipelineSettings, source: str) -> None:
    """Clear up after a former run. Sources that have their partition already get no first build from the daemon:
    `up` itself fills the one that it is about, and the handbook is read when it is that one."""
    from orchestration.materialize import open_instance
    from orchestration.partitions import add_partitions
    from orchestration.pools import set_pool_limits
    from orchestration.settings import PROJECT
    from orchestration.up.instance import end_dead_runs, end_stale_runs, prepare_instance
    from orchestration.up.site import HANDBOOK

    prepare_instance(settings.home, PROJECT / "infra" / "dagster" / "local" / "dagster.yaml")
    with open_instance(settings) as instance:
        end_stale_runs(instance)
        end_dead_runs(instance)
        set_pool_limits(instance)
        has_handbook = (settings.sources / f"{HANDBOOK}.yaml").exists()
        add_partitions(instance, {source, HANDBOOK} if has_handbook else {source})


def _program(name: str) -> str:
    """A command of this environment, whether or not it is on PATH."""
    return str(Path(sys.executable).parent / name)


def _fill(settings: PipelineSettings, source: Source, supervisor: Supervisor, display: ProgressDisplay) -> None:
    """Run the source's pipeline through the running Dagster and show how far it is."""
    from orchestration.error import OrchestrationError
    from orchestration.materialize import launch_and_follow

    display.say(f"Reading {source.display_title} ({(*source.start_urls, *source.sitemaps)[0]})")
    try:
        for progress in launch_and_follow(settings, source.name):
            display.show(progress)
            supervisor.check()
    except OrchestrationError:
        supervisor.check()  # a server that died is the cause, and the better message
        raise


def _announce(settings: PipelineSettings, source: Source, *, browser: bool) -> None:
    chat = f"http://localhost:{settings.chat_port}"
    typer.echo(f"\nReady: ask about {source.display_title}")
    typer.echo(f"  Chat     {chat}")
    typer.echo(f"  Dagster  http://localhost:{settings.dagster_port}")
    typer.echo(f"  Logs     {settings.home / 'logs'}")
    typer.echo("Ctrl-C stops everything.")
    if browser and sys.stdout.isatty():
        webbrowser.open(chat)
