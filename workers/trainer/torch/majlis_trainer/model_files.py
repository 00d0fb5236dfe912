"""Which files a Hugging Face directory must have; checked before PyTorch is loaded, which takes seconds."""

from __future__ import annotations

import json
from pathlib import Path

from grpc import StatusCode

from majlis_trainer.call_error import BadInputError, CallError

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"


def require_safetensors(path: Path) -> None:
    """Refuses a directory without configuration or safetensors, and pickle files in their place."""
    if not (path / "config.json").is_file():
        raise CallError(StatusCode.NOT_FOUND, f"{path / 'config.json'} cannot be read.")
    if (path / WEIGHTS).is_file():
        return
    if (path / WEIGHTS_INDEX).is_file():
        shards = set(json.loads((path / WEIGHTS_INDEX).read_text())["weight_map"].values())
        for shard in sorted(shards):
            if not (path / shard).is_file():
                raise CallError(StatusCode.NOT_FOUND, f"{path / shard} cannot be read.")
        return
    pickles = sorted(file.name for file in path.glob("*.bin")) + sorted(file.name for file in path.glob("*.pt"))
    if pickles:
        allowed = f"{WEIGHTS}: pickle files can run code, save the model again as safetensors"
        raise BadInputError(source=str(path), place="weights", found=pickles[0], allowed=allowed)
    raise CallError(StatusCode.NOT_FOUND, f"{path / WEIGHTS} cannot be read.")
