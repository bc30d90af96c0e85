"""LoreChat's own handbook: `docs/` as a website, so that a first run has something to read."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from data_contracts.identity import content_id
from orchestration.error import HandbookFailed

_STAMP = ".built-from"
_TEXTS = frozenset({".md", ".rst", ".py"})


def handbook_digest(docs: Path) -> str:
    """Name what the handbook is built from: its texts, its configuration and the generator's version (sha256)."""
    files = sorted(path for path in docs.rglob("*") if path.suffix in _TEXTS)
    parts: list[str | bytes] = [importlib.metadata.version("sphinx"), importlib.metadata.version("furo")]
    for path in files:
        parts += [str(path.relative_to(docs)), path.read_bytes()]
    return content_id(*parts)


def build_handbook(docs: Path, target: Path) -> bool:
    """Build `docs` into the folder `target` unless it holds just that; return whether it was built.

    The old one is replaced only by a complete new one. Raises HandbookFailed.
    """
    if importlib.util.find_spec("sphinx") is None or importlib.util.find_spec("furo") is None:
        raise HandbookFailed("the handbook needs Sphinx: run `make install`, or pip install 'lorechat[docs]'")
    if not (docs / "conf.py").is_file():
        raise HandbookFailed(f"there is no handbook to build in {docs}: run from a clone, or name a site to crawl")
    digest = handbook_digest(docs)
    stamp = target / _STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    fresh = target.with_name(target.name + ".building")
    shutil.rmtree(fresh, ignore_errors=True)
    _run_sphinx(docs, fresh)
    (fresh / _STAMP).write_text(digest)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return True


def _run_sphinx(docs: Path, target: Path) -> None:
    """Build in a process of its own: Sphinx keeps global state and is heavy to import."""
    trees = target.with_name(target.name + ".doctrees")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(trees)]
    done = subprocess.run(  # noqa: S603 (our own generator)
        [*command, str(docs), str(target)], capture_output=True, text=True, check=False
    )
    shutil.rmtree(trees, ignore_errors=True)
    if done.returncode:
        shutil.rmtree(target, ignore_errors=True)
        raise HandbookFailed(f"the handbook in {docs} cannot be built:\n{done.stderr.strip()}")
