"""What programs get of an answer, the same at every door."""

from __future__ import annotations

from chat_app.answer import Answer


def extension(answer: Answer, turn_id: str) -> dict[str, object]:
    """Return what an answer has that other chat APIs have no field for. `cost` is in US dollars, None where no price
    is known; `cached` says that the answer was given before; `whole` is false when the model broke off; `support` says
    which statements the cited passages do not bear out."""
    return {
        "turn_id": turn_id,
        "model": answer.model,
        "relevant": answer.relevant,
        "citations": [citation.as_json() for citation in answer.citations],
        "releases": dict(answer.releases),
        "notes": list(answer.notes),
        "cost": answer.cost,
        "cached": answer.cached,
        "whole": answer.whole,
        "support": answer.support.as_json(),
    }


def usage(answer: Answer) -> dict[str, object]:
    """Return the tokens in OpenAI's words; zero where no model was asked."""
    spent = answer.usage
    return {
        "prompt_tokens": spent.input_tokens,
        "completion_tokens": spent.output_tokens,
        "total_tokens": spent.input_tokens + spent.output_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
    }
