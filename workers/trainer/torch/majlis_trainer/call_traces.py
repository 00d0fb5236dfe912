"""Calls as parts of their callers' traces (w3.org/TR/trace-context).

Lines of the log name the trace that they belong to, and where spans are sent, each call is one. Neither holds anything of
what was computed."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Protocol

import grpc

TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)")
NO_TRACE = "0" * 32

_trace: ContextVar[str | None] = ContextVar("trace", default=None)


class Spans(Protocol):
    """Where spans go."""

    def call(self, method: str, headers: dict[str, str], context: Any) -> AbstractContextManager[object]:
        """A span for as long as the call lasts, caused by whoever the headers name; `method` is package.Service/Method."""

    def close(self) -> None:
        """Sends what is left."""


class TraceLines(logging.Formatter):
    """A line of a call ends with its trace's id."""

    def format(self, record: logging.LogRecord) -> str:
        """As ever, where no call is being answered."""
        trace = _trace.get()
        line = super().format(record)
        return line if trace is None else f"{line} trace_id={trace}"


class CallTraces(grpc.ServerInterceptor):  # type: ignore[misc]
    """Answers each call as part of its caller's trace."""

    def __init__(self, spans: Spans | None) -> None:
        self._spans = spans

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """Called by grpc before any handler."""
        handler = continuation(details)
        headers = {key: value for key, value in details.invocation_metadata if isinstance(value, str)}
        found = TRACEPARENT.match(headers.get("traceparent", ""))
        trace = None if found is None or found["trace"] == NO_TRACE else found["trace"]
        if handler is None or (trace is None and self._spans is None):
            return handler
        return self._traced(handler, details.method.lstrip("/"), headers, trace)

    def _traced(self, handler: Any, method: str, headers: dict[str, str], trace: str | None) -> Any:
        @contextmanager
        def within(context: Any) -> Iterator[None]:
            token = _trace.set(trace)
            span = nullcontext() if self._spans is None else self._spans.call(method, headers, context)
            try:
                with span:
                    yield
            finally:
                _trace.reset(token)

        def answer(behavior: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
            def answered(request: Any, context: Any) -> Any:
                with within(context):
                    return behavior(request, context)

            return answered

        def stream(request: Any, context: Any) -> Iterator[Any]:
            with within(context):
                yield from handler.stream_stream(request, context)

        return handler._replace(
            unary_unary=handler.unary_unary and answer(handler.unary_unary),
            stream_unary=handler.stream_unary and answer(handler.stream_unary),
            stream_stream=handler.stream_stream and stream,
        )
