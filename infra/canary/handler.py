"""The canary: asks the chat from outside, as a person would, and writes what came of it as metrics.

A Lambda function of its own, without anything but what the runtime holds. Variables: ADDRESS, STAGE, NAMESPACE,
QUESTION, and SECRET, the name of a secret with an API key. Without a key it asks whether the chat is ready to answer;
with one it asks the question, and wants a text and a citation.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

_TIMEOUT = 60


def handle(_event: object, _context: object) -> dict[str, object]:
    """Lambda's entry."""
    import boto3

    name = os.environ.get("SECRET", "")
    key = boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] if name else ""
    return ask(os.environ, key)


def ask(settings: Mapping[str, str], key: str) -> dict[str, object]:
    """Ask, write one line in CloudWatch's embedded metric format to stdout, and return it."""
    began = time.monotonic()
    problem = _problem(settings["ADDRESS"], settings.get("QUESTION", ""), key)
    line: dict[str, object] = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": settings["NAMESPACE"],
                    "Dimensions": [["stage"]],
                    "Metrics": [
                        {"Name": "canary_answered", "Unit": "Count"},
                        {"Name": "canary_seconds", "Unit": "Seconds"},
                    ],
                }
            ],
        },
        "stage": settings["STAGE"],
        "canary_answered": 0 if problem else 1,
        "canary_seconds": round(time.monotonic() - began, 3),
        "problem": problem,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    return line


def _problem(address: str, question: str, key: str) -> str:
    """Return what is wrong, or nothing."""
    headers = {"User-Agent": "LoreChat-canary", "Content-Type": "application/json"}
    if key:
        body = json.dumps({"question": question}).encode()
        request = urllib.request.Request(  # noqa: S310  the address is the stack's own
            f"{address}/api/answer", data=body, headers={**headers, "Authorization": f"Bearer {key}"}
        )
    else:
        request = urllib.request.Request(f"{address}/health/ready", headers=headers)  # noqa: S310  the same
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310  the same
            found = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return f"HTTP {error.code}: {error.read(500).decode('utf-8', 'replace')}"
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
    if key and not (found.get("answer") and found.get("citations")):
        return "the answer has no text, or cites nothing"
    return ""
