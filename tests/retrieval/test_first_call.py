"""The first embedding of a process may come from several threads at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EMBED = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from retrieval.models import load_embedder
embedder = load_embedder(cache=Path(sys.argv[1]), engine=sys.argv[2], threads=4)
texts = [f"passage number {number} " * 30 for number in range(64)]
with ThreadPoolExecutor(4) as pool:
    assert len(list(pool.map(embedder.embed_passages, [texts] * 4))) == 4
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_a_process_whose_first_texts_come_on_many_threads_does_not_hang(prepared_models: Path, engine: str) -> None:
    for _ in range(3):
        subprocess.run([sys.executable, "-c", EMBED, str(prepared_models), engine], check=True, timeout=60)
