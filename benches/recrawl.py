"""What a recrawl costs, in CPU time of the first build: of an unchanged site, and of one with 1 % of its pages changed.

A thousand pages of a real documentation site (Debian's cmake-doc) on nginx, which answers conditional requests. Each
build is the two commands that a person runs, `lorechat crawl` and `lorechat build`, in fresh processes: start-up,
imports and loading the model are paid each time. Counted is user and system time of the commands and of all their
children.

`python -m benches.recrawl PAGES` tries it with fewer pages.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import yaml

from benches.debian_site import site_folder
from benches.figure import Figure
from benches.static_site import serve

PAGES = 1_000
_HREF = re.compile(r'href="([^"#:]+\.html)(#[^"]*)?"')
_LORECHAT = Path(sys.executable).with_name("lorechat")


def run(data: Path) -> list[Figure]:
    """Measure the first build and two recrawls; `data` is not needed, the site comes from Debian's archive."""
    del data
    return list(measure(PAGES))


def measure(pages: int) -> Iterator[Figure]:
    """Yield the figures as they come, for a site of so many pages."""
    whole = site_folder("cmake-doc", "usr/share/doc/cmake-data/html")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        site = Path(folder)
        names = _copy_site(whole, site, pages)
        with serve(site) as address:
            yield from _figures(site, names, _prepare(Path(home), f"{address}/index.html"))


def _figures(site: Path, names: list[str], environment: Mapping[str, str]) -> Iterator[Figure]:
    first, new = _build(environment)
    yield Figure("pages", new["new"], "pages")
    yield Figure("first build", first, "CPU-s")
    unchanged, same = _build(environment)
    yield Figure("unchanged recrawl", unchanged, "CPU-s")
    yield Figure("unchanged recrawl, of the first build", 100 * unchanged / first, "%", "<= 5")
    yield Figure("unchanged recrawl, downloaded", same["fetched"], "pages", "<= 0")
    yield Figure("unchanged recrawl, not sent again", same["bytes_saved"] / 1e6, "MB")
    changed = names[:: len(names) // max(1, len(names) // 100)]
    for name in changed:
        _edit(site / name)
    edited, some = _build(environment)
    if (new["new"], same["unchanged"], some["changed"]) != (len(names), len(names), len(changed)):
        raise RuntimeError(f"the crawls did not see what was done to the site: {new}, {same}, {some}")
    yield Figure("pages changed", len(changed), "pages")
    yield Figure("recrawl with changes", edited, "CPU-s")
    yield Figure("recrawl with changes, of the first build", 100 * edited / first, "%", "<= 8")


def _copy_site(whole: Path, site: Path, most: int) -> list[str]:
    """Copy the first pages that links lead to; links to the others are taken away."""
    names = _reachable(whole, most)
    for name in names:
        there = site / name
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(_without_others((whole / name).read_text(encoding="utf-8"), name, set(names)))
    return names


def _reachable(whole: Path, most: int) -> list[str]:
    found = {"index.html": None}
    queue = deque(found)
    while queue and len(found) < most:
        name = queue.popleft()
        for link, _ in _HREF.findall((whole / name).read_text(encoding="utf-8")):
            target = normpath(join(dirname(name), link))
            if len(found) < most and target not in found and (whole / target).is_file():
                found[target] = None
                queue.append(target)
    return list(found)


def _without_others(html: str, name: str, names: set[str]) -> str:
    def keep(match: re.Match[str]) -> str:
        return match[0] if normpath(join(dirname(name), match[1])) in names else 'href="#"'

    return _HREF.sub(keep, html)


def _edit(page: Path) -> None:
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("</h1>", f"</h1><p>Since today {page.stem} is described anew, and better.</p>", 1))


def _prepare(home: Path, start_url: str) -> dict[str, str]:
    """Write the source file, prepare the model (once in a machine's life), and return the commands' environment."""
    from retrieval.models import load_embedder

    load_embedder(cache=home / "models")
    (home / "sources").mkdir()
    source = {"name": "bench", "start_urls": [start_url], "allow_private_hosts": True, "limits": {"pages": 5_000}}
    (home / "sources" / "bench.yaml").write_text(yaml.safe_dump(source))
    ours = {"LORECHAT_HOME": home, "LORECHAT_SOURCES": home / "sources", "LORECHAT_MODELS": home / "models"}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LORECHAT_")}
    return {**plain, **{name: str(value) for name, value in ours.items()}}


def _build(environment: Mapping[str, str]) -> tuple[float, dict[str, Any]]:
    """Crawl and build; return the CPU seconds and what the crawl changed."""
    before = _children_cpu()
    crawl = _command("crawl", environment)
    _command("build", environment)
    return _children_cpu() - before, json.loads(crawl.splitlines()[-1])["changes"]


def _command(name: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run([_LORECHAT, name, "bench", "--json"], env=dict(environment), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"lorechat {name} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    for figure in measure(int(sys.argv[1]) if len(sys.argv) > 1 else PAGES):
        print(f"{figure.name}: {figure.value:.4g} {figure.unit} {figure.goal}", flush=True)
