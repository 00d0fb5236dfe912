"""Which files a Hugging Face directory must have; checked before PyTorch is loaded, which takes seconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grpc import StatusCode

from majlis_trainer.call_error import BadInputError, CallError

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
TOKENIZER = "tokenizer.json"


def require_model_files(path: Path) -> None:
    """Refuses a directory without configuration or safetensors, and pickle files in their place. One GGUF file is both."""
    if gguf_file(path) is not None:
        return
    if not (path / "config.json").is_file():
        raise CallError(StatusCode.NOT_FOUND, f"{path / 'config.json'} cannot be read.")
    if (path / WEIGHTS).is_file():
        return
    if (path / WEIGHTS_INDEX).is_file():
        shards = set(_read_json(path / WEIGHTS_INDEX)["weight_map"].values())
        for shard in sorted(shards):
            if not (path / shard).is_file():
                raise CallError(StatusCode.NOT_FOUND, f"{path / shard} cannot be read.")
        return
    pickles = sorted(file.name for file in path.glob("*.bin")) + sorted(file.name for file in path.glob("*.pt"))
    if pickles:
        allowed = f"{WEIGHTS}: pickle files can run code, save the model again as safetensors"
        raise BadInputError(source=str(path), place="weights", found=pickles[0], allowed=allowed)
    raise CallError(StatusCode.NOT_FOUND, f"{path / WEIGHTS} cannot be read.")


def gguf_file(path: Path) -> str | None:
    """The GGUF file of a directory that has no safetensors; more than one is refused, since nothing says which is meant."""
    if (path / WEIGHTS).is_file() or (path / WEIGHTS_INDEX).is_file():
        return None
    found = sorted(file.name for file in path.glob("*.gguf"))
    if len(found) > 1:
        raise BadInputError(source=str(path), place="weights", found=", ".join(found[:3]), allowed="one GGUF file")
    return found[0] if found else None


def require_tokenizer_within(path: Path, vocabulary: int) -> None:
    """Refuses a tokenizer.json with ordinary tokens for which the model has no embedding.

    Added ones beyond it are common (Gemma 3's image token in a model for text), and harmless until a text has one.
    """
    file = path / TOKENIZER
    if not file.is_file():
        return
    content = _read_json(file)
    entries = content.get("model", {}).get("vocab", {})
    # Unigram models list their pieces; the others map them to ids.
    ids = dict(entries) if isinstance(entries, dict) else {entry[0]: at for at, entry in enumerate(entries)}
    for added in content.get("added_tokens") or []:
        ids.pop(added["content"], None)
    if ids:
        token, largest = max(ids.items(), key=lambda entry: entry[1])
        if largest >= vocabulary:
            allowed = f"ids from 0 to {vocabulary - 1}, for which the model has embeddings"
            raise BadInputError(source=str(file), place="vocab", found=f"{token!r} with id {largest}", allowed=allowed)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except ValueError as cause:
        raise BadInputError(source=str(path), place="file", found=str(cause)[:200], allowed="JSON") from cause
