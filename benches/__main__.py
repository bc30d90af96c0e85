"""Run the benchmarks named on the command line (default: all) and print a table of figures for each.

Real evaluation data is read from LORECHAT_BENCH_DATA (default: benches/data); a benchmark whose data is not there
says so and the others go on.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benches.figure import Figure

BENCHES = (
    "extraction",
    "chunking",
    "embedding",
    "search",
    "declining",
    "upstash",
    "pipeline",
    "recrawl",
    "workers",
    "overhead",
    "grounding",
)


def _show(console: Console, name: str, figures: list[Figure]) -> None:
    table = Table(title=name, title_justify="left")
    for column in ("figure", "value", "unit", "goal", "peer"):
        table.add_column(column, justify="left" if column in ("figure", "peer") else "right")
    for figure in figures:
        colour = {True: "green", False: "red", None: "default"}[figure.is_met]
        peer = "" if figure.peer is None else f"{figure.peer:.4g} {figure.peer_name}"
        table.add_row(figure.name, f"[{colour}]{figure.value:.4g}[/]", figure.unit, figure.goal, peer)
    console.print(table)


def main(arguments: list[str]) -> int:
    """Run and print; 2 for an unknown name."""
    as_json = "--json" in arguments
    names = [argument for argument in arguments if argument != "--json"] or list(BENCHES)
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    data = Path(os.environ.get("LORECHAT_BENCH_DATA", "benches/data"))
    console = Console(width=140)
    for name in names:
        try:
            figures: list[Figure] = importlib.import_module(f"benches.{name}").run(data)
        except FileNotFoundError as error:
            print(f"{name}: left out, its data is not there: {error}", file=sys.stderr)
            continue
        if as_json:
            for figure in figures:
                print(json.dumps({"bench": name, **asdict(figure)}))
        else:
            _show(console, name, figures)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
