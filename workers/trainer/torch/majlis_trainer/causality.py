"""Whether a model looks ahead. Padding is on the right and scores are read at the last token, so none may."""

from __future__ import annotations

from typing import Any

import torch

from majlis_trainer.call_error import BadInputError


def require_causal(module: Any, directory: str) -> None:
    """Refuses a model whose output at a token changes with the token after it."""
    vocabulary = module.get_input_embeddings().num_embeddings
    pairs = torch.tensor([[1 % vocabulary, 0], [1 % vocabulary, 2 % vocabulary]])
    with torch.no_grad():
        first, second = module(input_ids=pairs, use_cache=False, output_hidden_states=True).hidden_states[-1][:, 0]
    if not torch.allclose(first, second, rtol=1e-3, atol=1e-4):
        kind = type(module).__name__
        allowed = "a causal language model, in which no token sees those after it"
        raise BadInputError(source=directory, place="config.json", found=f"{kind}, which looks ahead", allowed=allowed)
