"""Median training step of bench/trainer-ours.ts's model in PyTorch, one thread, as one JSON object.

Usage: torch-step.py MODEL_DIRECTORY STEPS. Needs torch only. Same weights, tokens, loss, clipping and Adam.
"""

import json
import struct
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional

SEQUENCES, LENGTH, HEADS, WARM_UP = 16, 64, 4, 3


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
    x = weights["transformer.wte.weight"][inputs] + weights["transformer.wpe.weight"][: inputs.shape[1]]
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
    times, first = [], {}
    for step in range(WARM_UP + int(sys.argv[2])):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(tokens, weights, layers)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if step == 0:
            first = {"firstLoss": loss.item(), "firstGradNorm": norm.item()}
        if step >= WARM_UP:
            times.append(1000 * (time.perf_counter() - start))
        last_loss = loss.item()
    milliseconds = sorted(times)[len(times) // 2]
    speed = 1000 * SEQUENCES * LENGTH / milliseconds
    print(json.dumps({"millisecondsPerStep": milliseconds, "tokensPerSecond": speed, **first, "lastLoss": last_loss}))


if __name__ == "__main__":
    main()
