"""Hugging Face directories, in and out: safetensors only, no code of the model's own, nothing fetched."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from grpc import StatusCode
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification

from majlis_trainer.call_error import BadInputError, CallError, precondition
from majlis_trainer.durable_folder import file_hash, folder_bytes, write_folder
from majlis_trainer.model_files import WEIGHTS, require_safetensors
from majlis_trainer.network import Network

HEAD_NAMES = ("score", "classifier")
"""What token and sequence classifiers call their head."""
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "chat_template.jinja",
)
ONE_FILE = "100TB"
"""Weights stand in one file, since its sha256 is what a published policy is named by."""


def open_network(directory: str, heads: int) -> Network:
    """Opens a directory as a language model (`heads` 0) or with score heads. Heads that it lacks start at zero."""
    path = Path(directory)
    require_safetensors(path)
    opener: Any = AutoModelForCausalLM if heads == 0 else AutoModelForTokenClassification
    options: dict[str, Any] = {} if heads == 0 else {"num_labels": heads, "ignore_mismatched_sizes": True}
    try:
        module, loading = opener.from_pretrained(
            path,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as cause:
        allowed = "a directory that Transformers opens without code of its own"
        raise BadInputError(source=directory, place="model", found=str(cause)[:300], allowed=allowed) from cause
    _check_loading(loading, directory, heads)
    network = Network(module, heads)
    with torch.no_grad():
        for parameter in network.parameters().values():
            # Memory of its own, aligned as torch likes it, so that equal weights compute equal bits.
            parameter.data = parameter.data.clone()
        if heads > 0:
            _fill_heads(head_of(network), stored_heads(path))
    return network


def head_of(network: Network) -> torch.nn.Module:
    """The score heads of a classifier."""
    for name in HEAD_NAMES:
        head = getattr(network.module, name, None)
        if isinstance(head, torch.nn.Linear):
            return head
    kind = type(network.module).__name__
    raise CallError(StatusCode.UNIMPLEMENTED, f"{kind} has no linear head called {' or '.join(HEAD_NAMES)}.")


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


def publish_network(network: Network, base: str, directory: str) -> tuple[str, int]:
    """Writes a directory that Transformers opens, with the base's tokenizer; (sha256 of the weights, bytes in all)."""
    target = Path(directory)

    def write(folder: Path) -> None:
        network.module.save_pretrained(folder, max_shard_size=ONE_FILE)
        for name in TOKENIZER_FILES:
            if (Path(base) / name).is_file():
                shutil.copyfile(Path(base) / name, folder / name)

    write_folder(target, write)
    return file_hash(target / WEIGHTS), folder_bytes(target)


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
