"""What transformers makes of a model directory: argv is the directory, stdin the questions.

Prints how the weights loaded, the chat template's ids for `texts`, what `ids` decode to, and log-probabilities of
`sequences` at `temperature` (entry t speaks of token t + 1).
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

directory = sys.argv[1]
questions = json.load(sys.stdin)
tokenizer = AutoTokenizer.from_pretrained(directory)
model, info = AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True)
model.eval()


def log_probs(sequence):
    ids = torch.tensor([sequence])
    with torch.no_grad():
        logits = model(ids).logits[0, :-1].double() / questions["temperature"]
    return torch.log_softmax(logits, dim=-1).gather(1, ids[0, 1:, None])[:, 0].tolist()


def chat_ids(text):
    messages = [{"role": "user", "content": text}]
    return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)


print(
    json.dumps(
        {
            "modelClass": type(model).__name__,
            "missing": sorted(info["missing_keys"]),
            "unexpected": sorted(info["unexpected_keys"]),
            "mismatched": sorted(map(str, info["mismatched_keys"])),
            "tied": bool(model.lm_head.weight.data_ptr() == model.transformer.wte.weight.data_ptr()),
            "endTokenIds": [model.config.eos_token_id, model.generation_config.eos_token_id, tokenizer.eos_token_id],
            "chatIds": [chat_ids(text) for text in questions["texts"]],
            "logProbs": [log_probs(sequence) for sequence in questions["sequences"]],
        }
    )
)
