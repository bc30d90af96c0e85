"""What several searches of one turn found, in one order."""

from __future__ import annotations

from chat_app.conversation.evidence_search import merged
from data_contracts.passage import Passage, ScoredPassage
from tests.chat_app.conftest import make_passages


def lane(*passages: Passage) -> list[ScoredPassage]:
    return [ScoredPassage(passage, 1.0 - place / 10) for place, passage in enumerate(passages)]


def ids(found: list[Passage]) -> list[str]:
    return [passage.chunk_id for passage in found]


def test_the_best_of_each_search_come_first() -> None:
    one, two, three, four = make_passages()[:4]
    found = merged([lane(one, two), lane(three, four)], 3)
    assert ids([scored.passage for scored in found]) == ids([one, three, two])


def test_what_two_searches_found_stands_where_it_was_found_first() -> None:
    one, two, three, four = make_passages()[:4]
    found = merged([lane(one, two), lane(three, four, one)], 2)
    assert ids([scored.passage for scored in found]) == ids([one, three])
    assert found[0].score == 1.0


def test_a_single_search_stays_as_it_ranked() -> None:
    one, two = make_passages()[:2]
    assert merged([lane(two, one), []], 1) == lane(two)
