"""Hugging Face directories, opened: safetensors or GGUF, no code of the model's own, nothing fetched."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from grpc import StatusCode
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM

from majlis_trainer.adapter import (
    LoraSettings,
    add_adapter,
    is_adapter,
    read_adapter_config,
    read_adapter_weights,
    resolve_targets,
)
from majlis_trainer.call_error import BadInputError, CallError, precondition, refuse
from majlis_trainer.causality import require_causal
from majlis_trainer.model_files import gguf_file, require_model_files, require_tokenizer_within
from majlis_trainer.network import HEAD_NAMES, Network, head_of
from majlis_trainer.settings import Settings
from majlis_trainer.token_classifier import token_classifier_of

UNREADABLE = (OSError, ValueError, LookupError, TypeError, RuntimeError, ImportError, SafetensorError, struct.error)
"""What Transformers raises on a directory that it cannot open."""


@dataclass(frozen=True)
class Opening:
    """How a directory is opened."""

    directory: str
    heads: int
    """0 for a language model. Heads that the directory lacks, or has in another number, start at zero."""
    lora: LoraSettings | None = None
    """None trains all weights; an adapter's directory is then added to its base's weights."""
    seed: int = 0


def open_network(opening: Opening, settings: Settings) -> Network:
    """The network on the CPU; nothing of it is frozen but what an adapter stands beside."""
    path = Path(opening.directory)
    if not is_adapter(path):
        module = _open_module(path, opening.heads)
        adapter = None if opening.lora is None else add_adapter(module, opening.lora, HEAD_NAMES, opening.seed)
        return _network(module, opening.heads, settings, adapter)
    stored, base = read_adapter_config(path)
    module = _open_module(Path(base), opening.heads)
    wanted = None if opening.lora is None else resolve_targets(module, opening.lora, HEAD_NAMES)
    adapter = add_adapter(module, stored, HEAD_NAMES, opening.seed)
    if wanted is not None and wanted != adapter.settings:
        raise refuse("lora", wanted, f"what the adapter's directory says: {adapter.settings}")
    network = _network(module, opening.heads, settings, adapter)
    read_adapter_weights(path, network.parameters())
    if opening.lora is not None:
        return network
    merged = adapter.merge()
    merged.requires_grad_(True)
    return _network(merged, opening.heads, settings, None)


def base_of(directory: str) -> str:
    """The directory of whole weights and of the tokenizer: an adapter's base, or the directory itself."""
    path = Path(directory)
    return read_adapter_config(path)[1] if is_adapter(path) else directory


def _network(module: Any, heads: int, settings: Settings, adapter: Any) -> Network:
    network = Network(module, heads, settings, adapter)
    if settings.gradient_checkpointing:
        checkpoint_layers(module)
    return network


def checkpoint_layers(module: Any) -> None:
    """Recomputes layers in the backward pass. Transformers asks the layer, and not what is in it, for training mode."""
    if not module.supports_gradient_checkpointing:
        kind = type(module).__name__
        raise CallError(StatusCode.UNIMPLEMENTED, f"Transformers has no gradient checkpointing for {kind}.")
    module.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    for layer in module.modules():
        if getattr(layer, "gradient_checkpointing", False):
            layer.training = True


def _open_module(path: Path, heads: int) -> Any:
    require_model_files(path)
    gguf = gguf_file(path)
    options: dict[str, Any] = {} if heads == 0 else {"num_labels": heads, "ignore_mismatched_sizes": True}
    if gguf is not None:
        options["gguf_file"] = gguf
    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False, **options)
        opener: Any = AutoModelForCausalLM if heads == 0 else token_classifier_of(config)
        module, loading = opener.from_pretrained(
            path,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except UNREADABLE as cause:
        allowed = "a directory that Transformers opens without code of its own"
        raise BadInputError(source=str(path), place="model", found=str(cause)[:300], allowed=allowed) from cause
    _check_loading(loading, str(path), heads)
    if gguf is not None:
        # Its weights were unpacked to float32; Transformers would still refuse to write them.
        module.hf_quantizer = None
        module.config.__dict__.pop("quantization_config", None)
    with torch.no_grad():
        for parameter in module.parameters():
            # Memory of its own, aligned as torch likes it, so that equal weights compute equal bits.
            parameter.data = parameter.data.clone()
        if heads > 0:
            _fill_heads(head_of(module), stored_heads(path))
    require_tokenizer_within(path, module.get_input_embeddings().num_embeddings)
    try:
        require_causal(module.eval(), str(path))
    except BadInputError:
        _require_finite(module, str(path))
        raise
    return module


def _require_finite(module: Any, directory: str) -> None:
    """Names the damaged weights of a model that computes no numbers, which is not the fault that is found with it."""
    for name, parameter in module.named_parameters():
        if not bool(torch.isfinite(parameter).all()):
            found = f"NaN or an infinity in {name}"
            raise BadInputError(source=directory, place="weights", found=found, allowed="finite numbers")


def stored_heads(path: Path) -> dict[str, Tensor]:
    """The head's tensors in a directory's files: `weight` and `bias`, as far as they are there."""
    heads: dict[str, Tensor] = {}
    for file in sorted(path.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 (it is no dict)
                owner, _, part = name.rpartition(".")
                if owner in HEAD_NAMES:
                    heads[part] = tensors.get_tensor(name).float()
    return heads


def _fill_heads(head: torch.nn.Module, stored: dict[str, Tensor]) -> None:
    """A stored head of the same size is taken, another one is not; what is then lacking is zero."""
    weight = stored.get("weight")
    fits = weight is not None and weight.shape == head.get_parameter("weight").shape
    for name, parameter in head.named_parameters():
        source = stored.get(name) if fits else None
        if source is not None:
            parameter.copy_(source)
        else:
            parameter.zero_()


def _check_loading(loading: Any, directory: str, heads: int) -> None:
    """Weights that are not there would be random numbers; only a new head may be missing."""
    mismatched = [entry[0] if isinstance(entry, tuple) else entry for entry in loading["mismatched_keys"]]
    lacking = sorted({*loading["missing_keys"], *mismatched})
    if heads > 0:
        lacking = [name for name in lacking if name.split(".")[0] not in HEAD_NAMES]
    if lacking == ["lm_head.weight"]:
        raise precondition(f"{directory} has no language-model head, which a policy and a reference need.")
    if lacking:
        found = f"nothing that fits for {', '.join(lacking[:3])}"
        raise BadInputError(source=directory, place="weights", found=found, allowed="every tensor of the model")
