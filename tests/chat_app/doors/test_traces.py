"""The spans of a turn, as an OpenTelemetry collector gets them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from retrieval.vector_store import ReleaseManifest
from tests.chat_app.doors import patient

pytestmark = pytest.mark.slow

QUESTION = "When does a colony swarm?"
Publish = Callable[..., ReleaseManifest]


class Collector:
    """A receiver of OTLP over HTTP on a free loopback port; `spans` are what came, in order."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(collector) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None: ...

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.path == "/v1/traces"
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    collector.spans += [span for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

        return Handler


@pytest.fixture
def collector() -> Iterator[Collector]:
    receiving = Collector()
    yield receiving
    receiving.close()


def told(doors: Any, collector: Collector) -> dict[str, Any]:
    """Ask; the spans by name, with their attributes."""
    patient.post(f"{doors.address}/api/answer", json={"question": QUESTION}).raise_for_status()
    doors.service.telemetry.close()  # sends what waits
    return {span.name: span for span in collector.spans}


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_turn_is_a_span_with_its_steps_inside_and_without_the_question(
    publish: Publish, open_doors: Callable[..., Any], provider: Any, collector: Collector
) -> None:
    publish()
    doors = open_doors(openai_base_url=provider.url, chat_model="good", otlp_endpoint=collector.url)
    spans = told(doors, collector)
    assert set(spans) == {"turn", "retrieve", "model", "verify"}
    turn = spans["turn"]
    for step in ("retrieve", "model", "verify"):
        assert spans[step].parent_span_id == turn.span_id
        assert turn.start_time_unix_nano <= spans[step].start_time_unix_nano
        assert spans[step].start_time_unix_nano <= spans[step].end_time_unix_nano <= turn.end_time_unix_nano
    assert attributes(turn)["lorechat.door"] == "rest"
    assert attributes(turn)["lorechat.outcome"] == "answered"
    assert attributes(spans["retrieve"])["lorechat.passages"] > 0
    assert attributes(spans["model"])["gen_ai.response.model"] == "good"
    assert attributes(spans["model"])["gen_ai.usage.input_tokens"] == provider.counts[0]
    assert attributes(spans["verify"])["lorechat.citations"] == 1
    assert QUESTION not in str(collector.spans)


def test_questions_are_in_traces_only_when_the_setting_says_so(
    publish: Publish, open_doors: Callable[..., Any], collector: Collector
) -> None:
    publish()
    doors = open_doors(otlp_endpoint=collector.url, trace_questions=True)
    assert attributes(told(doors, collector)["turn"])["lorechat.question"] == QUESTION
