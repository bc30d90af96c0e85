from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestration.commands.instant import parse_instant
from orchestration.error import BadInput

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20", datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-11-21", NOW),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-11-20 14:30:05+01:00", datetime(2026, 11, 20, 13, 30, 5, tzinfo=UTC)),
        (" 2026-11-20T14:30Z ", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_date_means_its_end_and_a_time_itself_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text, now=NOW) == instant


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "20:15"])
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match="Write 2026-11-20"):
        parse_instant(text, now=NOW)


@pytest.mark.parametrize("text", ["2026-11-22", "2026-11-21T08:31"])
def test_the_future_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="lies in the future"):
        parse_instant(text, now=NOW)
