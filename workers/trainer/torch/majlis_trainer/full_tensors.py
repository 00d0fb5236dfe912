"""Whole tensors of sharded ones, and back."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from majlis_trainer.ranks import Ranks


def full_tensor(tensor: Tensor) -> Tensor:
    """The whole of a tensor, of which each rank has a shard. All ranks must ask, in the same order."""
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return whole.detach()


def full_tensors(tensors: Mapping[str, Tensor], ranks: Ranks) -> dict[str, Tensor]:
    """Whole tensors on rank 0's CPU, none elsewhere. What was one tensor under two names is one again."""
    found: dict[int, Tensor] = {}
    for tensor in tensors.values():
        if id(tensor) not in found:
            whole = full_tensor(tensor)
            found[id(tensor)] = whole.cpu() if ranks.leads else whole.new_empty(0)
    return {name: found[id(tensor)] for name, tensor in tensors.items()} if ranks.leads else {}


def placed_like(parameter: Tensor, whole: Tensor) -> Tensor:
    """A whole tensor on the parameter's device, and sharded as it is. Every rank has the whole."""
    placed = whole.to(parameter.device)
    if not isinstance(parameter, DTensor):
        return placed
    return distribute_tensor(placed, parameter.device_mesh, parameter.placements, src_data_rank=None)
