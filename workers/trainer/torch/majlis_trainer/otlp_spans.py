"""Spans to a receiver of OpenTelemetry over HTTP, where its packages are installed: they are no requirement of a trainer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grpc import StatusCode

from majlis_trainer.call_error import CallError
from majlis_trainer.call_traces import Spans

PACKAGES = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
SEND_EVERY_MS = 1000
log = logging.getLogger(__name__)


def open_spans(asked: str | None, usual: str | None) -> Spans | None:
    """Spans to the receiver that was asked for, or to the one that the environment names; None where there is neither.

    Without the packages the first is refused, and the second is told in the log."""
    url = asked or usual
    if not url:
        return None
    try:
        return OtlpSpans(url)
    except ImportError as cause:
        sentence = f"Traces need packages that are not installed ({cause.name}): python -m pip install {PACKAGES}"
        if asked:
            raise CallError(StatusCode.FAILED_PRECONDITION, sentence) from cause
        log.warning("%s", sentence)
        return None


class OtlpSpans:
    """Sends in batches, beside the work; a receiver that is away costs spans, nothing else."""

    def __init__(self, url: str) -> None:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces")
        self._provider = TracerProvider(resource=Resource.create({"service.name": "majlis-trainer"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=SEND_EVERY_MS))
        self._tracer = self._provider.get_tracer("majlis")
        self._trace = trace
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def call(self, method: str, headers: dict[str, str], context: Any) -> Iterator[None]:
        """The span of a call, with the attributes of our other servers (core/telemetry/tracing/span-attributes.ts)."""
        span = self._tracer.start_span(
            method,
            context=self._propagator.extract(headers),
            kind=self._trace.SpanKind.SERVER,
            attributes={"rpc.system.name": "grpc", "rpc.method": method},
        )
        try:
            yield
        finally:
            code = context.code() or StatusCode.OK
            span.set_attribute("rpc.response.status_code", code.name)
            if code is not StatusCode.OK:
                span.set_attribute("error.type", code.name.lower())
                span.set_status(self._trace.StatusCode.ERROR, code.name.lower())
            span.end()

    def close(self) -> None:
        """Sends what is left, for some seconds at most."""
        self._provider.shutdown()
