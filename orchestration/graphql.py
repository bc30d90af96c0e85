"""Asking a running Dagster webserver over its GraphQL."""

from __future__ import annotations

import http.client
import json
from typing import Any

from orchestration.error import BuildFailed

_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on Error { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""


def launch_run(port: int, params: dict[str, Any]) -> str:
    """Launch a run on the webserver of a loopback port and return its id. Raises BuildFailed with the answer."""
    launched = _ask(port, _LAUNCH, {"params": params})["launchRun"]
    if launched["__typename"] != "LaunchRunSuccess":
        raise BuildFailed(f"Dagster on port {port} did not take the run: {json.dumps(launched)}")
    return str(launched["run"]["runId"])


def _ask(port: int, query: str, variables: dict[str, Any]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = json.dumps({"query": query, "variables": variables})
        connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BuildFailed(
            f"no Dagster answers on port {port} ({error}): start it with `lorechat up`, or set LORECHAT_DAGSTER_PORT"
        ) from error
    finally:
        connection.close()
    if answer.get("errors"):
        raise BuildFailed(f"Dagster on port {port} did not understand: {answer['errors'][0]['message']}")
    return answer["data"]
