"""Instants as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from orchestration.error import BadInput


def parse_instant(text: str, *, now: datetime) -> datetime:
    """Return the instant that a date or a time means, in UTC; a date means its end. Raises BadInput.

    A time without an offset is in UTC. What lies in the future is refused, but today is now.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        instant = _time(text)
    else:
        instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)
        instant = min(instant, now) if day == now.date() else instant
    if instant > now:
        raise BadInput(f"{text!r} lies in the future. Leave --as-of out to ask what is known now.")
    return instant


def _time(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInput(
            f"{text!r} is neither a date nor a time. Write 2026-11-20, or 2026-11-20T14:30 (UTC), or "
            "2026-11-20T14:30+01:00."
        ) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
