"""Gives the function once more what it could not do, after its cause was mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from infra.operation.stage_part import StageParts

_HIDDEN_SECONDS = 120


def waiting(parts: StageParts) -> int:
    """Return how many events wait, as AWS knows it at the moment."""
    found = parts.clients("sqs").get_queue_attributes(
        QueueUrl=_queue(parts), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def redrive(parts: StageParts, tell: Callable[[str], None], most: int = 1_000) -> int:
    """Start the function with each waiting event, and take the event out of the queue; return how many that were.

    What fails again comes back into the queue after its tries. A message that holds no event stays, and is told.
    """
    sqs, functions = parts.clients("sqs"), parts.clients("lambda")
    queue, function = _queue(parts), parts.only("data", "AWS::Lambda::Function", "PagesFunction")
    done, left = 0, set[str]()
    while done < most:
        messages = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_SECONDS, WaitTimeSeconds=1
        ).get("Messages", [])
        fresh = [message for message in messages if message["MessageId"] not in left]
        if not fresh:
            return done
        for message in fresh:
            event = _event(message["Body"])
            if event is None:
                left.add(message["MessageId"])
                tell(f"Left where it is, since it holds no event: message {message['MessageId']}")
                continue
            functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            done += 1
    return done


def _event(body: str) -> dict[str, Any] | None:
    """What the function was asked: Lambda wraps it in a record of how it failed."""
    try:
        event = json.loads(body)["requestPayload"]
    except (ValueError, KeyError, TypeError):
        return None
    return event if isinstance(event, dict) else None


def _queue(parts: StageParts) -> str:
    return parts.only("data", "AWS::SQS::Queue", "PagesDead")
