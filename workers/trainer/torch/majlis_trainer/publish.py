"""Models written as Hugging Face directories, or adapters as PEFT ones, by rank 0."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import Tensor

from majlis_trainer.adapter import WEIGHTS_FILE
from majlis_trainer.durable_folder import file_hash, folder_bytes, write_folder
from majlis_trainer.full_tensors import full_tensors
from majlis_trainer.model_files import WEIGHTS
from majlis_trainer.network import Network
from majlis_trainer.ranks import Ranks

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


def publish_network(network: Network, base: str, directory: str, ranks: Ranks) -> tuple[str, int]:
    """Writes what Transformers or PEFT opens, with the base's tokenizer; (sha256 of the weights, bytes in all)."""
    target = Path(directory)
    adapter = None if network.is_twin else network.adapter
    own = network.parameters() if adapter is not None else network.module.state_dict(keep_vars=True)
    with network.in_place():
        tensors = full_tensors(own, ranks)
        if network.is_twin and network.adapter is not None and ranks.leads:
            # Added up while a twin's own values stand there.
            tensors = network.adapter.plain(tensors, merged=network.frozen is not None)

    def write(folder: Path) -> None:
        if adapter is None:
            _write_model(network, tensors, folder)
        else:
            adapter.write(folder, tensors, str(Path(base).resolve()))
        for name in TOKENIZER_FILES:
            if (Path(base) / name).is_file():
                shutil.copyfile(Path(base) / name, folder / name)

    def publish() -> list[str | int]:
        write_folder(target, write)
        return [file_hash(target / (WEIGHTS if adapter is None else WEIGHTS_FILE)), folder_bytes(target)]

    sha256, size = ranks.on_first(publish)
    return sha256, size


def _write_model(network: Network, tensors: dict[str, Tensor], folder: Path) -> None:
    """In the dtype of matrix products, which is what an engine would read them as."""
    dtype = network.settings.torch_dtype
    cast: dict[int, Tensor] = {id(one): one.to(dtype) if one.is_floating_point() else one for one in tensors.values()}
    state = {name: cast[id(one)] for name, one in tensors.items()}
    network.config.dtype = dtype
    network.module.save_pretrained(folder, state_dict=state, max_shard_size=ONE_FILE)
