"""Calls within their callers' traces: lines of the log, and spans at a real receiver of OTLP."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest
import torch
from calls import call

from majlis_trainer.call_error import CallError
from majlis_trainer.call_traces import Spans, TraceLines
from majlis_trainer.conductor import Conductor
from majlis_trainer.otlp_spans import open_spans
from majlis_trainer.ranks import Ranks
from majlis_trainer.service import Listening, start_server
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire
from majlis_trainer.wire.trainer_pb2_grpc import TrainerServiceStub

TRACE = "ab" * 16
PARENT = "cd" * 8
CAUSED = (("traceparent", f"00-{TRACE}-{PARENT}-01"),)


def served(trainer: Trainer, spans: Spans | None, work: Callable[[Any], None]) -> None:
    """Work with a client of a trainer, which is stopped after it."""
    conductor = Conductor(trainer, Ranks(), lambda: None)
    listening = Listening("127.0.0.1:0", torch.device("cpu"), None, spans=spans)
    server, port = start_server(conductor, listening)
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        work(TrainerServiceStub(channel))  # type: ignore[no-untyped-call]
    server.stop(0).wait()
    if spans is not None:
        spans.close()


def refused(work: Callable[[], object]) -> None:
    """A call that fails."""
    with pytest.raises(grpc.RpcError):
        work()


def ask_for_nothing(stub: Any, metadata: Any) -> None:
    """A stream each way, which the trainer refuses."""
    refused(lambda: list(stub.Forward(iter([wire.ForwardRequest()]), metadata=metadata)))


@pytest.fixture
def received() -> Iterator[tuple[str, list[bytes]]]:
    """(URL, bodies) of a receiver."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_line_names_the_trace_of_the_call_that_it_belongs_to(trainer: Trainer, monkeypatch: Any) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(TraceLines("%(message)s").format(record))  # type: ignore[method-assign]
    log = logging.getLogger("majlis_trainer")
    log.addHandler(handler)

    def fail(_request: Any) -> None:
        # On the thread that computes.
        log.warning("computing")
        raise ZeroDivisionError

    monkeypatch.setattr(trainer, "delete_model", fail)

    def work(stub: Any) -> None:
        for metadata in (CAUSED, (), (("traceparent", "00-nonsense"),)):
            refused(partial(stub.DeleteModel, wire.DeleteModelRequest(), metadata=metadata))

    served(trainer, None, work)
    log.removeHandler(handler)
    first = [line.splitlines()[0] for line in lines if line.startswith("computing")]
    assert first == [f"computing trace_id={TRACE}", "computing", "computing"]
    assert [line.endswith(f"trace_id={TRACE}") for line in lines if line.startswith("a call failed")] == [True, False, False]


def test_each_call_is_a_span_that_its_caller_caused(
    trainer: Trainer, model_of: Callable[..., Path], received: tuple[str, list[bytes]]
) -> None:
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    url, bodies = received

    def work(stub: Any) -> None:
        request = wire.CreateModelRequest(call=call(), role=wire.ROLE_POLICY, base=str(model_of()), heads=0, seed=1)
        stub.CreateModel(request, metadata=CAUSED)
        ask_for_nothing(stub, CAUSED)
        stub.GetCapabilities(wire.GetCapabilitiesRequest())

    served(trainer, open_spans(url, None), work)
    sent = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    resources = [one for request in sent for one in request.resource_spans]
    named = {
        span.name.removeprefix("majlis.v1.TrainerService/"): span
        for resource in resources
        for scope in resource.scope_spans
        for span in scope.spans
    }
    assert sorted(named) == ["CreateModel", "Forward", "GetCapabilities"]
    for name in ("CreateModel", "Forward"):
        assert (named[name].trace_id.hex(), named[name].parent_span_id.hex()) == (TRACE, PARENT)
    assert named["GetCapabilities"].trace_id.hex() != TRACE
    told = {name: {one.key: one.value.string_value for one in span.attributes} for name, span in named.items()}
    method = {"rpc.system.name": "grpc", "rpc.method": "majlis.v1.TrainerService/CreateModel"}
    assert told["CreateModel"] == method | {"rpc.response.status_code": "OK"}
    assert told["Forward"]["error.type"] == "invalid_argument"
    service = [one.value.string_value for one in resources[0].resource.attributes if one.key == "service.name"]
    assert service == ["majlis-trainer"]


def test_without_the_packages_traces_are_refused_where_they_were_asked_for(monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(CallError, match="pip install opentelemetry-sdk"):
        open_spans("http://127.0.0.1:4318", None)
    assert open_spans(None, "http://127.0.0.1:4318") is None
    assert "pip install opentelemetry-sdk" in caplog.text
    assert open_spans(None, None) is None
