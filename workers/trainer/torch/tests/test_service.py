"""The service over gRPC, in this process: who may call, and what a refusal carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import torch
from calls import batch_of, call, tensors_of

from majlis_trainer.conductor import Conductor
from majlis_trainer.ranks import Ranks
from majlis_trainer.service import BAD_INPUT_TRAILER, INCARNATION_KEY, Listening, start_server
from majlis_trainer.trainer import Trainer
from majlis_trainer.wire import trainer_pb2 as wire
from majlis_trainer.wire.messages_pb2 import BadInput
from majlis_trainer.wire.trainer_pb2_grpc import TrainerServiceStub

ModelOf = Callable[..., Path]
SHOWN = (("authorization", "Bearer a-secret"),)


@pytest.fixture
def stub(trainer: Trainer) -> Iterator[Any]:
    """A client of a trainer that asks for a token."""
    conductor = Conductor(trainer, Ranks(), lambda: None)
    server, port = start_server(conductor, Listening("127.0.0.1:0", torch.device("cpu"), "a-secret"))
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield TrainerServiceStub(channel)  # type: ignore[no-untyped-call]
    server.stop(0).wait()


def parts_of(model_id: str) -> Iterator[Any]:
    """A ForwardBackward request as it is streamed."""
    tensors = tensors_of(batch_of())
    sizes = {wire.TensorName.Name(name): len(one) // 4 for name, one in tensors.items()}
    declared = [wire.TensorDeclaration(name=name, length=size) for name, size in sizes.items()]
    header = wire.ForwardBackwardHeader(
        call=call(), model_id=model_id, step=0, micro=0, normalizer=1, temperature=1, tensors=declared
    )
    header.cross_entropy.SetInParent()
    yield wire.ForwardBackwardRequest(header=header)
    for name, content in tensors.items():
        chunk = wire.TensorChunk(name=wire.TensorName.Name(name), offset=0, data=bytes(content))
        yield wire.ForwardBackwardRequest(chunk=chunk)


def refusal(work: Callable[[], object]) -> Any:
    """The error of a call."""
    with pytest.raises(grpc.RpcError) as told:
        work()
    return told.value


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer another"),), (("authorization", "a-secret"),)])
def test_calls_without_the_token_are_refused_streams_too(stub: Any, metadata: Any) -> None:
    for work in (
        lambda: stub.GetCapabilities(wire.GetCapabilitiesRequest(), metadata=metadata),
        lambda: stub.ForwardBackward(parts_of("policy-1"), metadata=metadata),
        lambda: list(stub.Forward(iter([wire.ForwardRequest()]), metadata=metadata)),
    ):
        assert refusal(work).code() is grpc.StatusCode.UNAUTHENTICATED


def test_calls_with_the_token_are_done(stub: Any, model_of: ModelOf) -> None:
    request = wire.CreateModelRequest(call=call(), role=wire.ROLE_POLICY, base=str(model_of()), heads=0, seed=1)
    model_id = stub.CreateModel(request, metadata=SHOWN).model_id
    assert stub.ForwardBackward(parts_of(model_id), metadata=SHOWN).loss > 0


def test_a_call_for_another_incarnation_is_told_of_this_one(stub: Any, trainer: Trainer) -> None:
    told = refusal(lambda: stub.DeleteModel(wire.DeleteModelRequest(), metadata=(*SHOWN, (INCARNATION_KEY, "before"))))
    assert told.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert dict(told.trailing_metadata())[INCARNATION_KEY] == trainer.incarnation_id


def test_a_refused_value_keeps_its_parts(stub: Any) -> None:
    told = refusal(lambda: stub.CreateModel(wire.CreateModelRequest(call=call(), heads=0), metadata=SHOWN))
    parts = BadInput.FromString(dict(told.trailing_metadata())[BAD_INPUT_TRAILER])
    assert told.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert parts.place == "role"


def test_what_nobody_foresaw_is_internal_and_the_trainer_goes_on(stub: Any, trainer: Trainer, monkeypatch: Any) -> None:
    def fail(_request: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(trainer, "delete_model", fail)
    told = refusal(lambda: stub.DeleteModel(wire.DeleteModelRequest(call=call(), model_id="m"), metadata=SHOWN))
    assert (told.code(), told.details()) == (grpc.StatusCode.INTERNAL, "ZeroDivisionError: oh")
    assert stub.GetCapabilities(wire.GetCapabilitiesRequest(), metadata=SHOWN).ranks == 1
