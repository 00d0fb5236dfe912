"""Weights, Adam's moments and step counts of a model, in a folder that appears whole or not at all.

An adapter's checkpoint has the adapter and its head; the base is where it was. Tensors are whole in the file, however many
ranks wrote it, so that another number of ranks can go on from it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from grpc import StatusCode
from safetensors.torch import load_file, save_file
from torch import Tensor

from majlis_trainer.call_error import CallError, precondition
from majlis_trainer.durable_folder import file_hash, write_folder
from majlis_trainer.full_tensors import full_tensors, placed_like
from majlis_trainer.model_state import ModelState
from majlis_trainer.ranks import Ranks

STATE_FILE = "torch-trainer-state.json"
TENSOR_FILE = "torch-trainer-state.safetensors"
FORMAT = 1
MOMENTS = ("exp_avg", "exp_avg_sq")


def save_checkpoint(model: ModelState, directory: str, ranks: Ranks) -> tuple[str, int]:
    """(sha256 and bytes of the tensor file)."""
    folder = Path(directory)
    tensors = full_tensors(_tensors(model), ranks)

    def write(unfinished: Path) -> None:
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, unfinished / TENSOR_FILE)
        state = {
            "format": FORMAT,
            "version": model.version,
            "adamSteps": _adam_steps(model),
            "sha256": file_hash(unfinished / TENSOR_FILE),
        }
        (unfinished / STATE_FILE).write_text(json.dumps(state, sort_keys=True))

    def save() -> list[Any]:
        write_folder(folder, write)
        return [file_hash(folder / TENSOR_FILE), (folder / TENSOR_FILE).stat().st_size]

    sha256, size = ranks.on_first(save)
    return sha256, size


def load_checkpoint(model: ModelState, directory: str, ranks: Ranks) -> str:
    """Puts a checkpoint of the same architecture into the model; its sha256. A damaged one changes nothing: DATA_LOSS."""
    folder = Path(directory)
    version, adam_steps, sha256 = ranks.on_first(lambda: _read_state(folder))
    tensors = load_file(folder / TENSOR_FILE)
    _require_same_shape(model, tensors, directory)
    _restore(model, tensors, adam_steps)
    model.version = version
    model.is_torn = False
    model.zero_gradient()
    model.answered = {}
    return str(sha256)


def _read_state(folder: Path) -> list[Any]:
    """[version, steps of Adam, sha256 of the tensors] of a whole checkpoint."""
    for name in (STATE_FILE, TENSOR_FILE):
        if not (folder / name).is_file():
            raise CallError(StatusCode.NOT_FOUND, f"{folder / name} cannot be read.")
    try:
        state = json.loads((folder / STATE_FILE).read_text())
        version, adam_steps, sha256 = int(state["version"]), int(state["adamSteps"]), state["sha256"]
    except (ValueError, KeyError, TypeError) as cause:
        raise CallError(StatusCode.DATA_LOSS, f"{folder / STATE_FILE} is damaged: {cause}.") from cause
    if state.get("format") != FORMAT:
        raise precondition(f"{folder / STATE_FILE} is of format {state.get('format')}, not {FORMAT}.")
    if file_hash(folder / TENSOR_FILE) != sha256:
        message = f"{folder / TENSOR_FILE} does not have the sha256 that {STATE_FILE} gives."
        raise CallError(StatusCode.DATA_LOSS, message)
    return [version, adam_steps, sha256]


def _tensors(model: ModelState) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.network.parameters().items():
        tensors[f"weights/{name}"] = parameter
        state = model.optimizer.state.get(parameter, {})
        for moment in MOMENTS:
            if moment in state:
                tensors[f"{moment}/{name}"] = state[moment]
    return tensors


def _adam_steps(model: ModelState) -> int:
    steps = {int(state["step"]) for state in model.optimizer.state.values()}
    return max(steps, default=0)


def _require_same_shape(model: ModelState, tensors: dict[str, Tensor], directory: str) -> None:
    own = {f"weights/{name}": one.shape for name, one in model.network.parameters().items()}
    stored = {name: one.shape for name, one in tensors.items() if name.startswith("weights/")}
    if own != stored:
        different = next(name for name in sorted({*own, *stored}) if own.get(name) != stored.get(name))
        raise precondition(f"{directory} is of another architecture: {different} has another shape.")


def _restore(model: ModelState, tensors: dict[str, Tensor], adam_steps: int) -> None:
    model.optimizer.state.clear()
    with torch.no_grad():
        for name, parameter in model.network.parameters().items():
            parameter.copy_(placed_like(parameter, tensors[f"weights/{name}"]))
            if adam_steps == 0:
                continue
            model.optimizer.state[parameter] = {
                "step": torch.tensor(float(adam_steps)),
                **{moment: placed_like(parameter, tensors[f"{moment}/{name}"]).clone() for moment in MOMENTS},
            }
