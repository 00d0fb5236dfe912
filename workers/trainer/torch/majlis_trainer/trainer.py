"""The trainer: what each call of majlis.v1.TrainerService does, one after the other.

Fencing: a call of a lower epoch than the highest seen is ABORTED; a new epoch discards gradients that were accumulated and
not stepped. Dedupe: ForwardBackward by (model, step, micro, request hash), OptimStep by (model, step, request hash); the
same again is answered from memory, another request under the same key is ALREADY_EXISTS. Micro-batches come in order.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from grpc import StatusCode
from torch import Tensor

from majlis_trainer.adapter import is_adapter, read_adapter_config, read_adapter_weights, read_lora
from majlis_trainer.batch import check_against, read_token_batch
from majlis_trainer.call_error import CallError, precondition, refuse
from majlis_trainer.checkpoint import load_checkpoint, save_checkpoint
from majlis_trainer.compute import Share, add_gradient, forward
from majlis_trainer.copy_weights import copy_weights
from majlis_trainer.fields import identifier, required
from majlis_trainer.fingerprint import fingerprint
from majlis_trainer.full_tensors import placed_like
from majlis_trainer.losses.loss import Loss, MetricSums
from majlis_trainer.losses.read_loss import read_loss, read_normalizer
from majlis_trainer.memory import PassSize, free_memory
from majlis_trainer.model_directory import Opening, base_of, open_network
from majlis_trainer.model_state import AdamSettings, Answered, ModelState
from majlis_trainer.model_table import Call, ModelTable, read_call
from majlis_trainer.network import Network
from majlis_trainer.prefix_sharing import can_share_prefixes
from majlis_trainer.publish import publish_network
from majlis_trainer.ranks import Ranks
from majlis_trainer.settings import Settings
from majlis_trainer.sharding import place
from majlis_trainer.tensor_stream import TensorReader
from majlis_trainer.wire import trainer_pb2 as wire

ROLES = {
    wire.ROLE_POLICY: "policy",
    wire.ROLE_CRITIC: "critic",
    wire.ROLE_REFERENCE: "reference",
    wire.ROLE_REWARD: "reward",
}
LOSSES = (
    wire.LOSS_CROSS_ENTROPY,
    wire.LOSS_PPO,
    wire.LOSS_VALUE,
    wire.LOSS_BRADLEY_TERRY,
    wire.LOSS_DPO,
)
ADAM_FIELDS = (
    wire.ADAM_FIELD_LEARNING_RATE,
    wire.ADAM_FIELD_BETAS,
    wire.ADAM_FIELD_EPS,
    wire.ADAM_FIELD_WEIGHT_DECAY,
    wire.ADAM_FIELD_CLIP,
)


class Trainer:
    """Models of many runs in one process. Nothing here may be called from two threads at once."""

    def __init__(self, context_length: int, settings: Settings, ranks: Ranks) -> None:
        self.incarnation_id = str(uuid.uuid4())
        self.context_length = context_length
        self._settings = settings
        self._ranks = ranks
        self._pass_size = PassSize(settings.pass_tokens, may_halve=ranks.world == 1)
        self._models = ModelTable()
        self._created = 0

    def capabilities(self) -> Any:
        """What this trainer is and can do."""
        return wire.GetCapabilitiesResponse(
            engine="torch",
            fingerprint=fingerprint(self._settings, self._ranks.world),
            incarnation_id=self.incarnation_id,
            # Kernels of GPUs may add in any order.
            deterministic=self._settings.device.type == "cpu",
            roles=list(ROLES),
            losses=LOSSES,
            reductions=[wire.REDUCTION_NORMALIZED_SUM],
            adam_fields=ADAM_FIELDS,
            context_length=self.context_length,
            adapters=[wire.ADAPTER_LORA],
            device=self._settings.device.type,
            dtype=self._settings.dtype,
            ranks=self._ranks.world,
        )

    def create_model(self, request: Any) -> Any:
        """Opens a Hugging Face directory in a role, with another model's weights where `init_from` names one."""
        call = read_call(request)
        self._models.admit(call)
        role, heads = ROLES.get(request.role), required(request, "heads")
        if role is None:
            raise refuse("role", request.role, f"one of {', '.join(ROLES.values())}")
        _check_heads(role, heads)
        lora = read_lora(request.lora) if request.HasField("lora") else None
        frozen = role == "reference"
        if lora is not None and frozen:
            raise refuse("lora", "adapters for a reference", "none, since a reference is not trained")
        source = self._models.find(call, request.init_from) if request.HasField("init_from") else None
        opening = Opening(identifier(request, "base"), heads, lora, required(request, "seed"))
        base = base_of(opening.directory)
        network = self._open(opening, source, frozen=frozen)
        self._created += 1
        model_id = f"{role}-{self._created}"
        self._models.add(ModelState(model_id, call.run, base, network, frozen=frozen, epoch=call.epoch))
        return wire.CreateModelResponse(model_id=model_id)

    def _open(self, opening: Opening, source: ModelState | None, *, frozen: bool) -> Network:
        """On the device; what is frozen shares weights that an adapter stands beside already."""
        twin = self._twin(opening) if frozen and source is None else None
        if twin is not None:
            return twin
        network = open_network(opening, self._settings)
        if source is not None:
            copy_weights(source.network, network, opening.directory)
        if frozen:
            network.module.requires_grad_(False)
        # Ranks have to pass as often as each other, and layers that are computed again keep no keys and values.
        if self._ranks.world == 1 and not self._settings.gradient_checkpointing:
            network.shares_prefixes = can_share_prefixes(network.module)
        place(network, self._ranks)
        return network

    def _twin(self, opening: Opening) -> Network | None:
        """A frozen model on weights that are there already, with the adapter of its directory where it has one."""
        path = Path(opening.directory)
        stored, base = read_adapter_config(path) if is_adapter(path) else (None, opening.directory)
        model = self._models.beside(base, stored)
        if model is None or stored is None or model.network.adapter is None:
            return None if model is None else model.network.twin(None)
        parameters = model.network.adapter.parameters(model.network.module)
        read = {name: torch.empty(one.shape) for name, one in parameters.items()}
        read_adapter_weights(path, read)
        return model.network.twin({name: placed_like(parameters[name], one) for name, one in read.items()})

    def forward(self, header: Any, tensors: dict[int, bytearray]) -> dict[int, Tensor]:
        """What is wanted of a batch, by tensor name."""
        call, model = self._named(header)
        model.check_version(call.expected_version)
        against = self._models.find(call, header.against).network if header.HasField("against") else None
        for want in header.want:
            if want == wire.WANT_UNSPECIFIED or want not in wire.Want.values():
                raise refuse("want", want, "log_probs, entropy, values, scores or kl")
        reader = TensorReader(tensors, "message majlis.v1.ForwardRequest")
        batch = read_token_batch(reader, required(header, "temperature"))
        reader.finish()
        check_against(batch, vocabulary=model.network.vocabulary, context=model.network.context)
        wants = list(header.want)
        return self._pass_size.within(
            lambda tokens: forward(model.network, against, batch, wants, Share(self._ranks, tokens))
        )

    def forward_backward(self, header: Any, tensors: dict[int, bytearray]) -> Any:
        """Adds one micro-batch's gradient."""
        call, model = self._named(header)
        step, micro = required(header, "step"), required(header, "micro")

        def work() -> Any:
            model.check_version(call.expected_version)
            model.check_trainable(step)
            if micro != model.micros:
                due = f"micro-batch {model.micros} of step {step}"
                raise precondition(f"Model {model.id} expects {due}, not {micro}.")
            normalizer = read_normalizer(header)
            loss = read_loss(header, tensors, model.network.heads)
            network = model.network
            check_against(loss.batch, vocabulary=network.vocabulary, context=network.context)
            try:
                value, metrics = self._add_gradient(model, loss, normalizer)
            except CallError as refusal:
                model.discard_gradient()
                at = f"step {step}, micro-batch {micro} of {model.id}"
                raise CallError(refusal.code, f"At {at}: {refusal}") from refusal
            except BaseException:
                # Part of it may have been added; a step is done whole or begun anew.
                model.discard_gradient()
                raise
            model.micros += 1
            sums = {name: wire.MetricSum(sum=metrics.sums[name], count=metrics.counts[name]) for name in metrics.sums}
            return wire.ForwardBackwardResponse(loss=value, metrics=sums)

        return _once(model, f"micro {step} {micro}", step, _request_hash(header, tensors), work)

    def _add_gradient(self, model: ModelState, loss: Loss, normalizer: float) -> tuple[float, MetricSums]:
        """Micro-batches before this one are put aside, so that a pass that ran out of memory can be begun anew."""
        aside = model.take_gradient() if model.micros > 0 and self._ranks.world == 1 else {}

        def work(tokens: int) -> tuple[float, MetricSums]:
            if not aside and model.micros == 0:
                model.zero_gradient()
            elif aside:
                model.take_gradient()
            return add_gradient(model.network, loss, normalizer, Share(self._ranks, tokens))

        answer = self._pass_size.within(work)
        model.add_gradient(aside)
        return answer

    def optim_step(self, request: Any) -> Any:
        """One AdamW step with the gradient so far."""
        call, model = self._named(request)
        step = required(request, "step")
        settings = AdamSettings(
            learning_rate=required(request, "learning_rate"),
            betas=(required(request, "beta1"), required(request, "beta2")),
            eps=required(request, "eps"),
            weight_decay=required(request, "weight_decay"),
            clip=request.clip if request.HasField("clip") else None,
        )

        def work() -> Any:
            model.check_version(call.expected_version)
            model.check_trainable(step)
            if model.micros == 0:
                raise precondition(f"Model {model.id} has no gradient to step with.")
            grad_norm, skipped = model.step(settings)
            return wire.OptimStepResponse(grad_norm=grad_norm, skipped=skipped, version=model.version)

        return _once(model, f"optim {step}", step, _request_hash(request, {}), work)

    def publish_weights(self, request: Any) -> Any:
        """Writes a Hugging Face directory."""
        call, model = self._named(request)
        model.check_version(call.expected_version)
        directory = identifier(request, "directory")
        sha256, size = publish_network(model.network, model.base, directory, self._ranks)
        return wire.PublishWeightsResponse(directory=directory, sha256=sha256, bytes=size)

    def save_checkpoint(self, request: Any) -> Any:
        """Writes weights, moments and step."""
        call, model = self._named(request)
        model.check_version(call.expected_version)
        sha256, size = save_checkpoint(model, identifier(request, "directory"), self._ranks)
        return wire.SaveCheckpointResponse(sha256=sha256, bytes=size, step=model.version)

    def load_checkpoint(self, request: Any) -> Any:
        """Puts a checkpoint into a model."""
        _call, model = self._named(request)
        sha256 = load_checkpoint(model, identifier(request, "directory"), self._ranks)
        return wire.LoadCheckpointResponse(step=model.version, sha256=sha256)

    def delete_model(self, request: Any) -> Any:
        """Frees a model."""
        _call, model = self._named(request)
        self._models.remove(model)
        del model
        free_memory()
        return wire.DeleteModelResponse()

    def _named(self, message: Any) -> tuple[Call, ModelState]:
        call = read_call(message)
        return call, self._models.find(call, identifier(message, "model_id"))


def _once(model: ModelState, key: str, step: int, request_hash: bytes, work: Callable[[], Any]) -> Any:
    """Answers a repeated request from memory, and refuses another request under the same key."""
    earlier = model.answered.get(key)
    if earlier is not None:
        if earlier.request_hash == request_hash:
            return earlier.answer
        message = f"Model {model.id} was given another request as {key}."
        raise CallError(StatusCode.ALREADY_EXISTS, message)
    answer = work()
    kept = {name: one for name, one in model.answered.items() if one.step >= step - 1}
    model.answered = kept | {key: Answered(step=step, request_hash=request_hash, answer=answer)}
    return answer


def _request_hash(message: Any, tensors: dict[int, bytearray]) -> bytes:
    """Of what is asked, whoever asks it."""
    request = type(message)()
    request.CopyFrom(message)
    request.ClearField("call")
    digest = hashlib.sha256(request.SerializeToString(deterministic=True))
    for name in sorted(tensors):
        digest.update(tensors[name])
    return digest.digest()


def _check_heads(role: str, heads: int) -> None:
    fits = {"critic": heads == 1, "reward": heads > 0}.get(role, heads == 0)
    if not fits:
        wanted = {"critic": "1", "reward": "at least 1"}.get(role, "0")
        raise refuse("heads", f"{heads} heads for a {role}", wanted)
