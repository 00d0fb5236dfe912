"""Calls on their way from rank 0 to the others."""

from __future__ import annotations

from calls import batch_of, call, tensors_of

from majlis_trainer.command import Command, decode_command, encode_command
from majlis_trainer.wire import trainer_pb2 as wire


def test_a_call_with_tensors_comes_back_as_it_was() -> None:
    header = wire.ForwardHeader(call=call(), model_id="policy-1", want=[wire.WANT_KL], against="a\nb", temperature=0.5)
    sent = Command("forward", header, tensors_of(batch_of()) | {wire.TENSOR_NAME_MARGINS: bytearray()})
    assert decode_command(encode_command(sent)) == sent


def test_a_call_without_tensors_comes_back_as_it_was() -> None:
    sent = Command("delete_model", wire.DeleteModelRequest(call=call(), model_id="policy-1"))
    assert decode_command(encode_command(sent)) == sent
