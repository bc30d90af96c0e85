"""The plain peer: what a tutorial builds in an afternoon, each part at its defaults.

LangChain's RecursiveUrlLoader, BeautifulSoup's text, RecursiveCharacterTextSplitter at the tutorial's 1000/200
characters, sentence-transformers' encode, FAISS through LangChain. `python -m benches.peer URL MODEL_FOLDER` prints
one JSON object a stage: name, seconds, cpu_seconds, rows, peak_mb.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable, Sized
from typing import Any


def _stage(name: str, work: Callable[[], Any]) -> Any:
    started, cpu = time.perf_counter(), time.process_time()
    result = work()
    record = {
        "stage": name,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "rows": len(result) if isinstance(result, Sized) else 0,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(record), flush=True)
    return result


def main(url: str, model_folder: str) -> None:
    """Build an index of the site at `url` and print what each stage cost."""
    warnings.simplefilter("ignore")
    from bs4 import BeautifulSoup
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.document_loaders import RecursiveUrlLoader
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_core.embeddings import FakeEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter
    from sentence_transformers import SentenceTransformer

    loader = RecursiveUrlLoader(url, max_depth=50, base_url=url.rsplit("/", 1)[0] + "/", prevent_outside=True)
    pages = _stage("crawl", lambda: [page for page in loader.lazy_load() if "<html" in page.page_content[:2000]])
    texts = _stage(
        "clean",
        lambda: [
            Document(BeautifulSoup(page.page_content, "lxml").get_text("\n"), metadata=page.metadata) for page in pages
        ],
    )
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = _stage("chunk", lambda: splitter.split_documents(texts))
    model = SentenceTransformer(model_folder, device="cpu")
    vectors = _stage("embed", lambda: model.encode([chunk.page_content for chunk in chunks]))

    def index() -> list[str]:
        import faiss

        not_asked = FakeEmbeddings(size=vectors.shape[1])  # the vectors are given
        store = FAISS(not_asked, faiss.IndexFlatL2(vectors.shape[1]), InMemoryDocstore(), {})
        pairs = zip([chunk.page_content for chunk in chunks], vectors.tolist(), strict=True)
        return list(store.add_embeddings(list(pairs), metadatas=[chunk.metadata for chunk in chunks]))

    _stage("index", index)


if __name__ == "__main__":
    main(*sys.argv[1:])
