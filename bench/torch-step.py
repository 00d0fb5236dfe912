"""Training steps of bench/trainer-ours.ts's model in PyTorch, on one thread.

Usage: torch-step.py MODEL_DIRECTORY. Needs torch only. Same weights, tokens, loss, clipping and Adam. For each line on
stdin, a number of steps, it takes those steps and prints one JSON object: the milliseconds of each, and loss and
gradient norm of the last.
"""

import json
import struct
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

SEQUENCES, LENGTH, HEADS = 16, 64, 4


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    content = path.read_bytes()
    (header_length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + header_length])
    body = bytearray(content[8 + header_length :])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(body[begin:end], dtype=torch.float32)
            tensors[name] = flat.reshape(entry["shape"]).clone().requires_grad_()
    return tensors


def attention(x: torch.Tensor, weights: dict[str, torch.Tensor], block: str) -> torch.Tensor:
    width = x.shape[-1]
    joint = torch.addmm(weights[f"{block}.attn.c_attn.bias"], x.view(-1, width), weights[f"{block}.attn.c_attn.weight"])
    query, key, value = (
        part.view(SEQUENCES, -1, HEADS, width // HEADS).transpose(1, 2) for part in joint.split(width, dim=-1)
    )
    mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    flat = mixed.transpose(1, 2).reshape(-1, width)
    return torch.addmm(weights[f"{block}.attn.c_proj.bias"], flat, weights[f"{block}.attn.c_proj.weight"]).view_as(x)


def feed_forward(x: torch.Tensor, weights: dict[str, torch.Tensor], block: str) -> torch.Tensor:
    flat = x.view(-1, x.shape[-1])
    inner = torch.addmm(weights[f"{block}.mlp.c_fc.bias"], flat, weights[f"{block}.mlp.c_fc.weight"])
    active = functional.gelu(inner, approximate="tanh")
    return torch.addmm(weights[f"{block}.mlp.c_proj.bias"], active, weights[f"{block}.mlp.c_proj.weight"]).view_as(x)


def normalize(x: torch.Tensor, weights: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    return functional.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)


def loss_of(tokens: torch.Tensor, weights: dict[str, torch.Tensor], layers: int) -> torch.Tensor:
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    x = functional.embedding(inputs, weights["transformer.wte.weight"])
    x = x + weights["transformer.wpe.weight"][: inputs.shape[1]]
    for layer in range(layers):
        block = f"transformer.h.{layer}"
        x = x + attention(normalize(x, weights, f"{block}.ln_1"), weights, block)
        x = x + feed_forward(normalize(x, weights, f"{block}.ln_2"), weights, block)
    logits = normalize(x, weights, "transformer.ln_f") @ weights["lm_head.weight"].T
    return functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def main() -> None:
    torch.set_num_threads(1)
    weights = read_safetensors(Path(sys.argv[1]) / "model.safetensors")
    layers = sum(name.endswith(".ln_1.weight") for name in weights)
    vocab_size = weights["lm_head.weight"].shape[0]
    places = torch.arange(SEQUENCES * LENGTH)
    tokens = ((places * 7919 + places // LENGTH * 31) % vocab_size).view(SEQUENCES, LENGTH)
    parameters = list(weights.values())
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0, fused=True)
    for line in sys.stdin:
        milliseconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(tokens, weights, layers)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            milliseconds.append(1000 * (time.perf_counter() - start))
        print(json.dumps({"milliseconds": milliseconds, "loss": loss.item(), "gradNorm": norm.item()}), flush=True)


if __name__ == "__main__":
    main()
