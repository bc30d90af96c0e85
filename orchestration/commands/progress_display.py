"""How far the stages are, where a person looks: live bars in a terminal, a line now and then anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from data_contracts.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES = 5.0


class ProgressDisplay:
    """Shows the newest `Progress` of each stage on standard error, so that standard output stays clean."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as Bars

        self._console = console or Console(file=sys.stderr, highlight=False, quiet=quiet)
        self._bars = Bars(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last_line: dict[str, float] = {}
        self._newest: dict[str, Progress] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish_all()
        self.close()

    def close(self) -> None:
        """Leave the bars as they stand; what is printed later comes below them."""
        self._bars.stop()

    def say(self, text: str) -> None:
        """Print a sentence above the bars."""
        self._console.print(text, markup=False, soft_wrap=True)

    def show(self, progress: Progress) -> None:
        """Bring the display up to date. A stage begins when the one before it is done."""
        if progress.stage not in self._newest:
            self._finish_all()
        self._newest[progress.stage] = progress
        if self._console.is_terminal:
            self._draw(progress)
        elif time.monotonic() - self._last_line.get(progress.stage, -1e9) >= _SECONDS_BETWEEN_LINES:
            self._last_line[progress.stage] = time.monotonic()
            self.say(f"{progress.stage}: {figures(progress)}")

    def _draw(self, progress: Progress) -> None:
        text = figures(progress)
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(progress.stage, total=progress.total, figures=text)
        self._bars.update(
            self._tasks[progress.stage], total=progress.total, completed=progress.done, figures=text, refresh=True
        )

    def _finish_all(self) -> None:
        """Draw what was shown so far as done; a stage's last line is always printed."""
        for stage, progress in self._newest.items():
            if self._console.is_terminal:
                done = max(progress.done, 1)
                self._bars.update(self._tasks[stage], total=done, completed=done, figures=figures(progress, final=True))
            elif self._last_line.pop(stage, None) is not None:
                self.say(f"{stage}: {figures(progress, final=True)}, done")


def figures(progress: Progress, *, final: bool = False) -> str:
    """Say in words how far a stage is: done of total, counts, rate, time left."""
    total = "" if progress.total is None or progress.total == progress.done else f" of {progress.total:,}"
    parts = [f"{progress.done:,}{total} {progress.unit}"]
    counts = [f"{value:,} {name.replace('_', ' ')}" for name, value in progress.counts.items()]
    if counts:
        parts.append(", ".join(counts))
    if progress.rate > 0:
        parts.append(f"{progress.rate:,.1f} {progress.unit}/s")
    left = progress.seconds_left
    if left and not final:
        parts.append(f"{_duration(left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
