"""LoRA adapters by PEFT: W + alpha / rank × B·A beside frozen weights, without dropout, and their directories.

A directory has adapter_config.json and adapter_model.safetensors, as PEFT and vLLM read them. Its tensors are named after
the modules of the base, so that one that does not fit is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from grpc import StatusCode
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from majlis_trainer.call_error import BadInputError, CallError, refuse

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
ALL_LINEAR = "all-linear"
_NAME = "default"
_PREFIX = "base_model.model."
"""How PEFT begins every name in a directory."""


@dataclass(frozen=True)
class LoraSettings:
    """What a request asks for, and a directory says."""

    rank: int
    alpha: float
    target_modules: tuple[str, ...]


class Adapter:
    """The adapter in a module's layers, and the heads that are trained with it."""

    def __init__(self, settings: LoraSettings, tuner: Any, head_names: tuple[str, ...]) -> None:
        self.settings = settings
        self._tuner = tuner
        self._head_names = head_names

    def owns(self, name: str) -> bool:
        """Whether a parameter is the adapter's or a head's, rather than the base's."""
        return ".lora_" in name or name.split(".")[0] in self._head_names

    def parameters(self, module: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
        """What it owns of the module."""
        return {name: one for name, one in module.named_parameters() if self.owns(name)}

    @contextmanager
    def switched_off(self) -> Iterator[None]:
        """While the base is alone. PEFT's own switch would also change what is trained, which FSDP knows by then."""
        layers = self._layers().values()
        for layer in layers:
            layer._disable_adapters = True
        try:
            yield
        finally:
            for layer in layers:
                layer._disable_adapters = False

    @contextmanager
    def replaced(self, module: torch.nn.Module, other: Mapping[str, Tensor]) -> Iterator[None]:
        """While other values stand in its place."""
        parameters = self.parameters(module)
        kept = {name: one.detach().clone() for name, one in parameters.items()}
        _fill(parameters, other)
        try:
            yield
        finally:
            _fill(parameters, kept)

    def plain(self, weights: dict[str, Tensor], *, merged: bool) -> dict[str, Tensor]:
        """All weights of the module by its own names, in the names of the base, with the adapter added or without it."""
        plain: dict[str, Tensor] = {}
        layers = self._layers()
        for name, weight in weights.items():
            owner, _, part = name.rpartition(".base_layer.")
            if ".lora_" in name:
                continue
            if part != "weight" or not merged:
                plain[f"{owner}.{part}" if owner else name] = weight
                continue
            down, up = (weights[f"{owner}.lora_{side}.{_NAME}.weight"] for side in "AB")
            delta = (up.float() @ down.float()) * layers[owner].scaling[_NAME]
            delta = delta.T if layers[owner].fan_in_fan_out else delta
            plain[f"{owner}.weight"] = weight.float() + delta
        return plain

    def merge(self) -> Any:
        """The module with its adapter added to the weights, and without it."""
        return self._tuner.merge_and_unload()

    def write(self, folder: Path, parameters: dict[str, Tensor], base: str) -> None:
        """A PEFT directory; the same bytes for the same tensors."""
        tensors = {directory_name(name): tensor.contiguous() for name, tensor in parameters.items()}
        save_file(tensors, folder / WEIGHTS_FILE, metadata={"format": "pt"})
        config = self._tuner.peft_config[_NAME].to_dict()
        heads = sorted({name.split(".")[0] for name in parameters} & set(self._head_names))
        config |= {
            "base_model_name_or_path": base,
            "inference_mode": True,
            "modules_to_save": heads or None,
            "task_type": "TOKEN_CLS" if heads else "CAUSAL_LM",
        }
        plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
        (folder / CONFIG_FILE).write_text(json.dumps(plain, indent=2, sort_keys=True, default=str))

    def _layers(self) -> dict[str, Any]:
        from peft.tuners.lora import LoraLayer

        named = self._tuner.model.named_modules()
        return {name: module for name, module in named if isinstance(module, LoraLayer)}


def directory_name(name: str) -> str:
    """What a directory calls a parameter of the module."""
    return _PREFIX + name.replace(f".{_NAME}.", ".")


def add_adapter(module: Any, settings: LoraSettings, head_names: tuple[str, ...], seed: int) -> Adapter:
    """Puts a new adapter into a module: A is random by the seed and B is zero, so that nothing is changed yet."""
    from peft import LoraConfig
    from peft.tuners.lora import LoraModel

    _check(settings)
    settings = resolve_targets(module, settings, head_names)
    # PEFT takes alpha as it comes; its annotation says whole number.
    alpha: Any = settings.alpha
    targets = list(settings.target_modules)
    config = LoraConfig(r=settings.rank, lora_alpha=alpha, lora_dropout=0.0, target_modules=targets, bias="none")
    config.fan_in_fan_out = any(type(one).__name__ == "Conv1D" for one in module.modules())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            tuner = LoraModel(module, {_NAME: config}, _NAME)
        except ValueError as cause:
            raise refuse("lora.target_modules", ", ".join(settings.target_modules), str(cause)[:300]) from cause
    adapter = Adapter(settings, tuner, head_names)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(adapter.owns(name))
    return adapter


def resolve_targets(module: Any, settings: LoraSettings, head_names: tuple[str, ...]) -> LoraSettings:
    """The same with target modules in order, `all-linear` spelled out: all linear layers but the output layer and heads."""
    targets = set(settings.target_modules)
    if targets == {ALL_LINEAR}:
        output = module.get_output_embeddings()
        targets = {
            name.rpartition(".")[2]
            for name, one in module.named_modules()
            if (isinstance(one, torch.nn.Linear) or type(one).__name__ == "Conv1D")
            and one is not output
            and name.split(".")[0] not in head_names
        }
    return replace(settings, target_modules=tuple(sorted(targets)))


def is_adapter(directory: Path) -> bool:
    """Whether a directory holds an adapter rather than a model."""
    return (directory / CONFIG_FILE).is_file() and not (directory / "config.json").is_file()


def read_adapter_config(directory: Path) -> tuple[LoraSettings, str]:
    """(settings, directory of the base). What is no plain LoRA is refused."""
    path = directory / CONFIG_FILE
    try:
        config = json.loads(path.read_text())
        kind, base = config["peft_type"], config["base_model_name_or_path"]
        targets = config["target_modules"]
        settings = LoraSettings(
            rank=int(config["r"]),
            alpha=float(config["lora_alpha"]),
            target_modules=tuple([targets] if isinstance(targets, str) else sorted(targets)),
        )
    except (ValueError, KeyError, TypeError) as cause:
        allowed = "PEFT's configuration of an adapter"
        raise BadInputError(
            source=str(path), place="file", found=f"{type(cause).__name__} {cause}", allowed=allowed
        ) from cause
    odd = [key for key in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern") if config.get(key)]
    if kind != "LORA" or odd:
        raise BadInputError(source=str(path), place="peft_type", found=", ".join([kind, *odd]), allowed="plain LoRA")
    if not (Path(base) / "config.json").is_file():
        raise BadInputError(source=str(path), place="base_model_name_or_path", found=base, allowed="a model's directory")
    return settings, base


def read_adapter_weights(directory: Path, parameters: Mapping[str, Tensor]) -> None:
    """Puts a directory's tensors into the adapter's parameters; each must be there in its shape, and no other."""
    path = directory / WEIGHTS_FILE
    if not path.is_file():
        pickled = (directory / "adapter_model.bin").is_file()
        if pickled:
            allowed = f"{WEIGHTS_FILE}: pickle files can run code, save the adapter again as safetensors"
            raise BadInputError(source=str(directory), place="weights", found="adapter_model.bin", allowed=allowed)
        raise CallError(StatusCode.NOT_FOUND, f"{path} cannot be read.")
    try:
        stored = load_file(path)
    except SafetensorError as cause:
        raise BadInputError(source=str(path), place="file", found=str(cause), allowed="safetensors") from cause
    own = {directory_name(name): one for name, one in parameters.items()}
    # New heads are allowed to be missing from an adapter that was trained without them.
    wanted = {name for name in own if ".lora_" in name} | (set(own) & set(stored))
    for name in sorted(wanted | set(stored)):
        have, want = stored.get(name), own.get(name)
        if have is None or want is None or have.shape != want.shape:
            found = "nothing" if have is None else f"shape {list(have.shape)}"
            allowed = "no such tensor in this base" if want is None else f"shape {list(want.shape)}"
            raise BadInputError(source=str(path), place=name, found=found, allowed=allowed)
    with torch.no_grad():
        for name in wanted:
            own[name].copy_(stored[name])


def _fill(parameters: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(values[name])


def read_lora(message: Any) -> LoraSettings:
    """Reads a LoraAdapter message."""
    return LoraSettings(rank=message.rank, alpha=message.alpha, target_modules=tuple(message.target_modules))


def _check(settings: LoraSettings) -> None:
    if settings.rank < 1:
        raise refuse("lora.rank", settings.rank, "a whole number from 1")
    if not settings.alpha > 0:
        raise refuse("lora.alpha", settings.alpha, "a number above 0")
    if len(settings.target_modules) == 0:
        raise refuse("lora.target_modules", "nothing", f"ends of names of layers, or {ALL_LINEAR}")
