"""What an answer cost, for people."""

from __future__ import annotations

from chat_app.answerer import Usage


def receipt(usage: Usage, cost: float | None, *, cached: bool = False, prices: str = "") -> str:
    """Return one line of text: what was read and written, and what it cost."""
    if cached:
        spent = f"{dollars(cost)} was spent on understanding the question" if cost else "nothing was spent"
        return f"Given again from an earlier answer: no model wrote it, {spent}."
    if not (usage.input_tokens or usage.output_tokens):
        spent = f"wrote this: {dollars(cost)}" if cost else "was asked, nothing was spent"
        return f"No language model {spent}."
    again = f" ({usage.cached_tokens:,} of them remembered by the provider)" if usage.cached_tokens else ""
    price = "no price is known for this model" if cost is None else dollars(cost)
    lists = f" (by {prices})" if prices else ""
    return f"{usage.input_tokens:,} tokens read{again}, {usage.output_tokens:,} written: {price}{lists}."


def dollars(cost: float) -> str:
    """Return an amount with two digits that say something: $0.0012, $1.50, $0."""
    if cost == 0:
        return "$0"
    if cost >= 1:
        return f"${cost:,.2f}"
    text = f"{cost:.2g}"
    return "$" + (f"{cost:.12f}".rstrip("0") if "e" in text else text)
