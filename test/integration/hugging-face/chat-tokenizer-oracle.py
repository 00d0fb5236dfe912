"""Tokenizers of three kinds, trained and saved by Hugging Face libraries, and what Transformers makes of conversations.

stdin: [{"kind", "directory", "texts": [training text], "template": chat template, "conversations": [[message]]}].
Prints, for each, the ids of each conversation and their decoded texts.
"""

import json
import sys

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level(kind: str) -> Tokenizer:
    """Like Qwen's (NFC, digits alone) and Llama 3's (three digits together, whole words before merges): words, bytes."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama 3"))
    if kind == "qwen":
        tokenizer.normalizer = normalizers.NFC()
    numbers = r"\p{N}" if kind == "qwen" else r"\p{N}{1,3}"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS.replace("NUMBERS", numbers)), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def byte_fallback(scheme: str) -> Tokenizer:
    """Like Gemma's (`never`) and Llama 2's (`first`): spaces as ▁, rare characters as their bytes."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True))
    if scheme == "never":
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
        steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme)
        steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    return tokenizer


def train(kind: str, texts: list[str]) -> Tokenizer:
    """A tokenizer of that kind."""
    is_byte_level = kind in ("qwen", "llama 3")
    if is_byte_level:
        tokenizer = byte_level(kind)
        special, alphabet = SPECIAL, pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer = byte_fallback("never" if kind == "gemma" else "first")
        special, alphabet = SPECIAL + BYTES, []
    # Some characters have to be left out, so that they fall back to bytes.
    limit = {} if alphabet else {"limit_alphabet": 150}
    trainer = trainers.BpeTrainer(
        vocab_size=900, special_tokens=special, initial_alphabet=alphabet, show_progress=False, **limit
    )
    tokenizer.train_from_iterator(texts, trainer)
    if is_byte_level:
        return tokenizer
    # The trainer knows bytes as special tokens only; in a real tokenizer they are ordinary ones.
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = [token for token in saved["added_tokens"] if token["content"] not in BYTES]
    return Tokenizer.from_str(json.dumps(saved))


def answer(job: dict) -> dict:
    """Trains and saves a tokenizer, opens the directory, and renders the job's conversations."""
    PreTrainedTokenizerFast(
        tokenizer_object=train(job["kind"], job["texts"]),
        bos_token="<bos>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        chat_template=job["template"],
    ).save_pretrained(job["directory"])
    tokenizer = AutoTokenizer.from_pretrained(job["directory"])
    ids = [
        tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)
        for messages in job["conversations"]
    ]
    texts = [tokenizer.decode(each, skip_special_tokens=True, clean_up_tokenization_spaces=False) for each in ids]
    return {"ids": ids, "texts": texts, "vocabulary": len(tokenizer)}


print(json.dumps([answer(job) for job in json.load(sys.stdin)]))
