"""Declining: of questions that a site answers, how many are declined; of foreign ones, how many are answered.

Each site is asked the questions of its own FAQ (masked, see `benches.masked_faq`), everyday questions, scientific
claims, and the FAQ questions of a site about something else. No threshold was chosen on these sites.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benches.figure import Figure
from benches.masked_faq import masked_sites, publish_sites
from chat_app.relevance import relevant
from retrieval.local_store import LocalStore
from retrieval.models import load_embedder
from retrieval.retriever import Retriever

_EVERYDAY = (
    "How long should I boil an egg?",
    "What is the capital of Mongolia?",
    "Which shoes are best for running a marathon?",
    "How do I remove red wine from a carpet?",
    "Who painted the Mona Lisa?",
    "When is the best time to plant tomatoes?",
    "How do I get rid of hiccups?",
    "What is a good recipe for banana bread?",
    "Why do cats purr?",
    "How far away is the moon?",
    "Who won the world cup in 1998?",
    "How can I fall asleep faster?",
    "What are the symptoms of the flu?",
    "How do I change a flat tire?",
    "What should I visit in Lisbon?",
    "How do I negotiate a higher salary?",
    "What is the plot of Hamlet?",
    "How do I train a puppy not to bite?",
    "Which wine goes with salmon?",
    "Can I freeze cooked rice?",
)
_CLAIMS = 60
_OTHER = {"scrapy": "zsh", "zsh": "scrapy"}
"""Sites that share no subject: the Debian sites and git's speak of much that the others have, too."""


def run(data: Path) -> list[Figure]:
    """Measure through the retriever and the gate that the chat uses, with the default embedding model."""
    with (data / "scifact" / "queries.jsonl").open() as file:
        claims = [json.loads(line)["text"] for line in file][:_CLAIMS]
    with tempfile.TemporaryDirectory() as home:
        embedder = load_embedder(cache=Path(home) / "models")
        store = LocalStore(Path(home) / "index")
        questions, sites = masked_sites(data)
        publish_sites(sites, store, embedder)
        retriever = Retriever(store, embedder)
        own = {site: [question.text for question in questions if question.site == site] for site in sites}
        asked = [(site, text) for site in sites for text in own[site]]
        other = [(site, text) for site, foreign in _OTHER.items() for text in own[foreign]]
        return [
            Figure("own questions declined", 1 - _answered(retriever, asked), "share", "<= 0.05"),
            Figure("everyday questions answered", _answered(retriever, _all(sites, _EVERYDAY)), "share", "<= 0.03"),
            Figure("scientific claims answered", _answered(retriever, _all(sites, claims)), "share", "<= 0.03"),
            Figure("questions of another site answered", _answered(retriever, other), "share"),
        ]


def _all(sites: Iterable[str], texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(site, text) for site in sites for text in texts]


def _answered(retriever: Retriever, asked: Sequence[tuple[str, str]]) -> float:
    """The share of (site, question) that are answered."""
    return sum(bool(relevant(text, retriever.search(text, sources=[site]))) for site, text in asked) / len(asked)
