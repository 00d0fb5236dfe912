"""A GGUF file of version 3 with float32 tensors (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""

from __future__ import annotations

import struct
from typing import Any

ALIGNMENT = 32
UINT32, FLOAT32, STRING = 4, 6, 8
F32_TENSOR = 0
LAYER_NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def qwen3_gguf(model: Any) -> bytes:
    """The file of a Qwen3."""
    config = model.config
    numbers: dict[str, int | float | str] = {
        "general.architecture": "qwen3",
        "qwen3.block_count": config.num_hidden_layers,
        "qwen3.context_length": config.max_position_embeddings,
        "qwen3.embedding_length": config.hidden_size,
        "qwen3.feed_forward_length": config.intermediate_size,
        "qwen3.attention.head_count": config.num_attention_heads,
        "qwen3.attention.head_count_kv": config.num_key_value_heads,
        "qwen3.attention.key_length": config.head_dim,
        "qwen3.attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "qwen3.rope.freq_base": config.rope_parameters["rope_theta"],
        "qwen3.vocab_size": config.vocab_size,
    }
    tensors = {_tensor_name(name): one for name, one in model.state_dict().items()}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(numbers))
    head += b"".join(_text(key) + _value(value) for key, value in numbers.items())
    data = b""
    for name, tensor in tensors.items():
        sizes = list(reversed(tensor.shape))
        head += _text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, F32_TENSOR, len(data))
        data += _aligned(tensor.float().numpy().tobytes())
    return _aligned(head) + data


def _tensor_name(name: str) -> str:
    outer = {"model.embed_tokens.weight": "token_embd", "model.norm.weight": "output_norm", "lm_head.weight": "output"}
    if name in outer:
        return f"{outer[name]}.weight"
    _, _, layer, *rest, _ = name.split(".")
    return f"blk.{layer}.{LAYER_NAMES['.'.join(rest)]}.weight"


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _value(value: int | float | str) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _text(value)
    return struct.pack("<Ii", UINT32, value) if isinstance(value, int) else struct.pack("<If", FLOAT32, value)


def _aligned(content: bytes) -> bytes:
    return content + bytes(-len(content) % ALIGNMENT)
