"""FSDP2: each rank keeps a shard of every weight and of its gradient and moments, and gathers a layer to compute it."""

from __future__ import annotations

import torch
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

from majlis_trainer.network import Network
from majlis_trainer.ranks import Ranks


def place(network: Network, ranks: Ranks) -> None:
    """Moves a network to its device, sharded over the ranks where there are several.

    What is frozen is kept in the dtype of matrix products, what is trained in float32. Gradients are summed over ranks and
    not averaged, since the caller's normalizer is the whole minibatch's.
    """
    settings = network.settings
    for parameter in network.module.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(settings.torch_dtype)
    if ranks.world == 1 or ranks.mesh is None:
        network.module.to(settings.device)
        return
    # Each layer goes to the device as it is sharded, so that no device ever holds a whole model.
    layers = set(network.module._no_split_modules or ())
    policy = MixedPrecisionPolicy()
    if settings.dtype == "bfloat16":
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for module in list(network.module.modules()):
        if type(module).__name__ in layers:
            fully_shard(module, mesh=ranks.mesh, mp_policy=policy, reshard_after_forward=True)
    fully_shard(network.module, mesh=ranks.mesh, mp_policy=policy, reshard_after_forward=True)
    for module in network.module.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)
