"""Whether a model may be given what several sequences begin with once, as keys and values that all of them continue."""

from __future__ import annotations

import inspect
import logging
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

log = logging.getLogger(__name__)
UNABLE = (AttributeError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What models raise that do not take keys and values."""


def can_share_prefixes(module: Any) -> bool:
    """Found out by trying, on models in which every layer attends to all tokens before.

    A window or a recurrent state could differ where a trial of four tokens does not show it. They have whole passes.
    """
    if "past_key_values" not in inspect.signature(module.forward).parameters:
        return False
    vocabulary = module.get_input_embeddings().num_embeddings
    pair = torch.tensor([[1, 2, 3, 4], [1, 2, 0, 3]]) % vocabulary
    try:
        past = DynamicCache(config=module.config)
        if any(type(layer) is not DynamicLayer for layer in past.layers):
            return False
        with torch.no_grad():
            whole = _hidden(module, pair, None)[:, 2:]
            _hidden(module, pair[:1, :2], past)
            past.batch_select_indices(torch.tensor([0, 0]))
            continued = _hidden(module, pair[:, 2:], past)
    except UNABLE as cause:
        log.warning("what sequences begin with alike is computed for each of them: %s", cause)
        return False
    return torch.allclose(whole, continued, rtol=1e-4, atol=1e-5)


def _hidden(module: Any, token_ids: Tensor, past: DynamicCache | None) -> Tensor:
    """[sequence, time, hidden]"""
    output = module(input_ids=token_ids, past_key_values=past, use_cache=past is not None, output_hidden_states=True)
    states: Tensor = output.hidden_states[-1]
    return states
