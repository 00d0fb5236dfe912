"""A model that starts from another one."""

from __future__ import annotations

import torch

from majlis_trainer.call_error import precondition
from majlis_trainer.full_tensors import full_tensor
from majlis_trainer.network import HEAD_NAMES, Network

OUTPUT_LAYERS = (*HEAD_NAMES, "lm_head")


def copy_weights(source: Network, target: Network, base: str) -> None:
    """Takes over the source's tensors; heads that the source lacks, or has in another size, stay those of the base.

    An adapter is added to the weights that it stood beside, unless the target has one too: then it is taken over as it is.
    """
    if target.adapter is not None and not _has_same_adapter(source, target):
        raise precondition("A model with LoRA adapters starts from one with the same adapters, or from a directory.")
    with source.in_place():
        weights = {name: full_tensor(one).cpu() for name, one in source.module.named_parameters()}
        if source.adapter is not None and target.adapter is None:
            # Added up while a twin's own values stand there.
            weights = source.adapter.plain(weights, merged=not source.is_twin or source.frozen is not None)
    with torch.no_grad():
        for name, parameter in target.parameters().items():
            given = weights.get(name)
            if given is not None and given.shape == parameter.shape:
                parameter.copy_(given)
            elif name.split(".")[0] not in OUTPUT_LAYERS:
                raise precondition(f"{base} has another architecture than the model to start from: {name}.")


def _has_same_adapter(source: Network, target: Network) -> bool:
    if source.adapter is None or target.adapter is None or source.is_twin:
        return False
    return source.adapter.settings == target.adapter.settings
