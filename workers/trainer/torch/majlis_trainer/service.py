"""majlis.v1.TrainerService over gRPC: streams and statuses around the trainer.

Calls are done one after the other on one thread, in order of arrival: the thread that computes is always the same, so
that its workers are, and no call sees half of another's work.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import grpc
import torch

from majlis_trainer.call_error import BadInputError, CallError
from majlis_trainer.call_traces import CallTraces, Spans
from majlis_trainer.certificates import Certificates
from majlis_trainer.command import Command
from majlis_trainer.conductor import Conductor
from majlis_trainer.memory import is_out_of_memory
from majlis_trainer.tensor_stream import collect, reply_parts
from majlis_trainer.token_gate import TokenGate
from majlis_trainer.wire import trainer_pb2_grpc as wire_service
from majlis_trainer.wire.messages_pb2 import BadInput as BadInputMessage

BAD_INPUT_TRAILER = "majlis-bad-input-bin"
INCARNATION_KEY = "majlis-incarnation"
"""In a call: the incarnation it is meant for. In a refusal's trailer: this one."""
LONGEST_TEXT = 1024
"""Trailers are HTTP/2 headers, which peers bound; a longer sentence is cut."""
OUT_OF_MEMORY = (
    "The trainer has no memory for this model or its optimizer: use LoRA adapters, more --ranks, or a larger machine."
)
MESSAGE_BYTES = 8 * 1024 * 1024
CALLS_AT_ONCE = 16
"""Calls whose tensors may be arriving while one is computed."""

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class TrainerService(wire_service.TrainerServiceServicer):
    """The servicer that grpc calls on its own threads."""

    def __init__(self, conductor: Conductor, device: torch.device) -> None:
        self._conductor = conductor
        self._trainer = conductor.trainer
        self._turns = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="compute", initializer=_use_device, initargs=(device,)
        )

    def GetCapabilities(self, _request: Any, context: Any) -> Any:  # noqa: N802
        """Knows no incarnation: it is how a client learns of it."""
        return self._answer(context, self._trainer.capabilities)

    def CreateModel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("create_model", request, context)

    def Forward(self, parts: Iterator[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        """A stream of tensors each way."""
        yield from reply_parts(self._streamed("forward", parts, context, "ForwardRequest"))

    def ForwardBackward(self, parts: Iterator[Any], context: Any) -> Any:  # noqa: N802
        """A stream of tensors, and one reply."""
        return self._streamed("forward_backward", parts, context, "ForwardBackwardRequest")

    def OptimStep(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("optim_step", request, context)

    def PublishWeights(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("publish_weights", request, context)

    def SaveCheckpoint(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("save_checkpoint", request, context)

    def LoadCheckpoint(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("load_checkpoint", request, context)

    def DeleteModel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Unary."""
        return self._unary("delete_model", request, context)

    def _unary(self, method: str, request: Any, context: Any) -> Any:
        self._require_incarnation(context)
        return self._answer(context, lambda: self._conductor.perform(Command(method, request)))

    def _streamed(self, method: str, parts: Iterator[Any], context: Any, message: str) -> Any:
        self._require_incarnation(context)

        def arrived() -> tuple[Any, dict[int, bytearray]]:
            return collect(parts, f"message majlis.v1.{message}")

        header, tensors = self._guarded(context, arrived)
        return self._answer(context, lambda: self._conductor.perform(Command(method, header, tensors)))

    def _require_incarnation(self, context: Any) -> None:
        wanted = dict(context.invocation_metadata()).get(INCARNATION_KEY)
        own = self._trainer.incarnation_id
        if wanted is not None and wanted != own:
            context.set_trailing_metadata(((INCARNATION_KEY, own),))
            message = f"The trainer was started again: it is {own}, not {wanted}, and has none of its models."
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, message)

    def _answer(self, context: Any, work: Callable[[], Answer]) -> Answer:
        def turn() -> Answer:
            if not context.is_active():
                raise CallError(grpc.StatusCode.CANCELLED, "The caller gave up before its turn came.")
            return work()

        def wait() -> Answer:
            # The caller's trace goes to the thread that computes.
            future: Future[Answer] = self._turns.submit(copy_context().run, turn)
            return future.result()

        return self._guarded(context, wait)

    def _guarded(self, context: Any, work: Callable[[], Answer]) -> Answer:
        """Work whose failures become the call's status. Traces stay in this process."""
        try:
            return work()
        except BadInputError as failure:
            trailer = (BAD_INPUT_TRAILER, _encoded(failure))
            context.set_trailing_metadata((trailer,))
            _abort(context, failure.code, str(failure))
        except CallError as failure:
            _abort(context, failure.code, str(failure))
        except Exception as failure:
            if is_out_of_memory(failure):
                _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, OUT_OF_MEMORY)
            log.exception("a call failed")
            _abort(context, grpc.StatusCode.INTERNAL, f"{type(failure).__name__}: {failure}")


@dataclass(frozen=True)
class Listening:
    """Where and for whom."""

    address: str
    """host:port, port 0 for a free one."""
    device: torch.device
    token: str | None
    """Callers must show it, where there is one."""
    certificates: Certificates | None = None
    """Without: plaintext."""
    spans: Spans | None = None
    """Without: lines of the log name their caller's trace, and nothing else does."""


def start_server(conductor: Conductor, listening: Listening) -> tuple[grpc.Server, int]:
    """(server, port)"""
    address = listening.address
    server = grpc.server(
        ThreadPoolExecutor(max_workers=CALLS_AT_ONCE),
        interceptors=[
            *([] if listening.token is None else [TokenGate(listening.token)]),
            CallTraces(listening.spans),
        ],
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
            # Two trainers on one port would answer in turns.
            ("grpc.so_reuseport", 0),
        ],
    )
    wire_service.add_TrainerServiceServicer_to_server(TrainerService(conductor, listening.device), server)  # type: ignore[no-untyped-call]
    try:
        port = (
            server.add_insecure_port(address)
            if listening.certificates is None
            else server.add_secure_port(address, listening.certificates.credentials())
        )
    except RuntimeError as cause:
        raise CallError(grpc.StatusCode.UNAVAILABLE, f"cannot listen on {address}: {cause}") from cause
    server.start()
    return server, port


def _use_device(device: torch.device) -> None:
    """CUDA's current device belongs to a thread."""
    if device.type == "cuda":
        torch.cuda.set_device(device)


def _abort(context: Any, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, _cut(message))
    raise AssertionError("abort always raises")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _encoded(failure: BadInputError) -> bytes:
    message = BadInputMessage(
        source=_cut(failure.source),
        place=_cut(failure.place),
        found=_cut(failure.found),
        allowed=_cut(failure.allowed),
    )
    encoded: bytes = message.SerializeToString()
    return encoded
