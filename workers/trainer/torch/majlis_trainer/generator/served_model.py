"""The weights that are served: one model of full weights, and adapters on it by name.

Whoever computes or changes weights holds `lock`, so nobody computes with half of a change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from majlis_trainer.adapter import CONFIG_FILE, WEIGHTS_FILE
from majlis_trainer.call_error import BadInputError, CallError
from majlis_trainer.durable_folder import file_hash
from majlis_trainer.generator.http_error import HttpError, refuse
from majlis_trainer.model_directory import Opening, open_network
from majlis_trainer.model_files import WEIGHTS
from majlis_trainer.settings import Settings


class ServedModel:
    """A Hugging Face directory that is open, and what was loaded on it since."""

    def __init__(self, directory: str) -> None:
        self.lock = threading.Lock()
        self._module: Any = None
        self.name = directory
        """What requests call the model; it stays when the weights change."""
        self.path = directory
        self.weight_version = "default"
        self.adapters: dict[str, tuple[str, str]] = {}
        """Directory and sha256 of each adapter's weights, by its name, in the order loaded."""
        self._open(directory)

    def reload(self, directory: str, version: str | None) -> None:
        """Serves other full weights of a model with the same vocabulary; in vain, the old ones stay."""
        with self.lock:
            if self.adapters:
                names = ", ".join(self.adapters)
                raise HttpError(HTTPStatus.CONFLICT, f"Adapters are loaded on the weights; unload them first: {names}.")
            self._open(directory)
            self.path = directory
            self.weight_version = version if version is not None else directory

    def load_adapter(self, name: str, directory: str) -> None:
        """Puts a PEFT adapter beside those that are there."""
        with self.lock:
            if name in self.adapters or name == self.name:
                raise refuse("lora_name", name, "a name that is not in use; unload the adapter first")
            for file in (CONFIG_FILE, WEIGHTS_FILE):
                if not (Path(directory) / file).is_file():
                    raise HttpError(HTTPStatus.NOT_FOUND, f"{Path(directory) / file} cannot be read.", "lora_path")
            self._attach(name, directory)
            self.adapters[name] = (directory, file_hash(Path(directory) / WEIGHTS_FILE))

    def unload_adapter(self, name: str) -> None:
        """Forgets an adapter."""
        with self.lock:
            if name not in self.adapters:
                raise HttpError(HTTPStatus.NOT_FOUND, f"The adapter {name} is not loaded.", "lora_name")
            del self.adapters[name]
            if self.adapters:
                self._module.delete_adapter(name)
            else:
                # PEFT cannot compute with a wrapper that has no adapter left.
                self._module = self._module.unload()

    def require(self, model: str | None) -> str | None:
        """The adapter that a request's model names; None is the model itself."""
        if model is None or model == self.name:
            return None
        if model in self.adapters:
            return model
        raise HttpError(HTTPStatus.NOT_FOUND, f"The model {model} does not exist.", "model")

    @contextmanager
    def computing_with(self, adapter: str | None) -> Iterator[Any]:
        """The module to compute with, while nobody else does."""
        with self.lock:
            self.require(adapter)
            if adapter is not None:
                self._module.set_adapter(adapter)
                yield self._module
            elif self.adapters:
                with self._module.disable_adapter():
                    yield self._module
            else:
                yield self._module

    def _open(self, directory: str) -> None:
        try:
            network = open_network(Opening(directory, heads=0), Settings())
        except BadInputError as failure:
            raise refuse("model_path", failure.found, failure.allowed) from failure
        except CallError as failure:
            raise HttpError(HTTPStatus.NOT_FOUND, str(failure), "model_path") from failure
        self.vocabulary = network.vocabulary
        self.context = network.context
        weights = Path(directory) / WEIGHTS
        self.sha256 = file_hash(weights) if weights.is_file() else None
        """Of model.safetensors; None where the weights lie in several files."""
        self._module = network.module

    def _attach(self, name: str, directory: str) -> None:
        from peft import PeftModel

        try:
            if isinstance(self._module, PeftModel):
                result = self._module.load_adapter(directory, name, is_trainable=False)
                unexpected = list(result.unexpected_keys)
            else:
                self._module = PeftModel.from_pretrained(self._module, directory, adapter_name=name, is_trainable=False)
                unexpected = []
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as cause:
            raise refuse("lora_path", str(cause)[:300], "a PEFT adapter that fits the model") from cause
        if unexpected:
            self._module.delete_adapter(name)
            raise refuse("lora_path", f"the tensor {unexpected[0]}", "an adapter that fits the model")
        self._module.eval()
