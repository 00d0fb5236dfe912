"""vLLM's dialect: completions of token ids, adapters by name, pause and reload (vllm/entrypoints, 0.33)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from majlis_trainer.fingerprint import fingerprint
from majlis_trainer.generator.body import Body
from majlis_trainer.generator.generator import Generator
from majlis_trainer.generator.http_error import HttpError, refuse
from majlis_trainer.generator.sampler import Sample, SamplingRequest
from majlis_trainer.settings import Settings

VERSION = "0.1.0"
MOST_SAMPLES = 4096
MOST_TOP = 20
NEUTRAL: dict[str, tuple[object, ...]] = {
    "stream": (False,),
    "echo": (False,),
    "best_of": (1,),
    "use_beam_search": (False,),
    "stop": ([], ""),
    "top_k": (0, -1),
    "min_p": (0,),
    "min_tokens": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "repetition_penalty": (1,),
    "logit_bias": ({},),
    "prompt_logprobs": (),
    "suffix": (),
}
"""What is not done here, with the values under which that changes nothing."""


def version(generator: Generator) -> dict[str, Any]:
    """vLLM's field, and what tells a client how far it may rely on this server."""
    return {
        "version": VERSION,
        "engine": "majlis-generator",
        "fingerprint": fingerprint(Settings(), ranks=1),
        "deterministic": True,
        "vocab_size": generator.model.vocabulary,
    }


def models(generator: Generator) -> dict[str, Any]:
    """The model and its adapters, with the sha256 of each one's weights."""
    served = generator.model

    def card(name: str, root: str, parent: str | None, sha256: str | None) -> dict[str, Any]:
        fields = {"id": name, "object": "model", "owned_by": "majlis", "root": root, "parent": parent}
        return {**fields, "max_model_len": served.context, "sha256": sha256}

    adapters = [card(name, path, served.name, sha256) for name, (path, sha256) in served.adapters.items()]
    return {"object": "list", "data": [card(served.name, served.path, None, served.sha256), *adapters]}


def completions(generator: Generator, body: Body) -> dict[str, Any]:
    """`/v1/completions`; log-probabilities are those of the distribution that was sampled from."""
    body.refuse_beyond(NEUTRAL)
    top = body.whole("logprobs", -1, 0, MOST_TOP)
    request = SamplingRequest(
        prompt=body.token_ids("prompt", generator.model.vocabulary),
        samples=body.whole("n", 1, 1, MOST_SAMPLES),
        max_tokens=body.whole("max_tokens", 16, 1),
        temperature=body.number("temperature", 1.0, 0.0),
        top_p=top_p(body),
        stop_token_ids=frozenset(body.token_ids("stop_token_ids", generator.model.vocabulary)),
        seed=body.whole("seed", 0, 0),
        top_log_probs=max(top, 0),
    )
    model = body.optional_text("model") or generator.model.name
    with_ids, with_log_probs = body.flag("return_token_ids"), top >= 0
    answers = generator.answer(request, generator.model.require(model))
    choices = [
        {
            "index": index,
            "text": "",
            "finish_reason": sample.finish,
            "stop_reason": sample.token_ids[-1] if sample.finish == "stop" else None,
            "logprobs": log_probs_of(sample) if with_log_probs else None,
            "token_ids": sample.token_ids if with_ids else None,
            "prompt_token_ids": request.prompt if with_ids else None,
        }
        for index, sample in enumerate(answers.samples)
    ]
    generated = sum(len(sample.token_ids) for sample in answers.samples)
    prompt = len(request.prompt)
    usage = {"prompt_tokens": prompt, "completion_tokens": generated, "total_tokens": prompt + generated}
    return {"object": "text_completion", "model": model, "choices": choices, "usage": usage}


def top_p(body: Body) -> float:
    """The share of probability that is sampled from, above 0 and at most 1."""
    value = body.number("top_p", 1.0, 0.0)
    if 0 < value <= 1:
        return value
    raise refuse(body.path + "top_p", value, "more than 0, at most 1")


def log_probs_of(sample: Sample) -> dict[str, Any]:
    """Tokens are named by id, as vLLM does under `return_tokens_as_token_ids`; no text is made of them here."""
    return {
        "tokens": [f"token_id:{token}" for token in sample.token_ids],
        "token_logprobs": sample.log_probs,
        "top_logprobs": [
            {f"token_id:{token}": log_prob for token, log_prob in [*top, (sample.token_ids[at], sample.log_probs[at])]}
            for at, top in enumerate(sample.top)
        ],
    }


def load_adapter(generator: Generator, body: Body) -> str:
    """vLLM answers with a sentence."""
    name = body.text("lora_name")
    generator.model.load_adapter(name, body.text("lora_path"))
    return f"Success: LoRA adapter '{name}' added successfully."


def unload_adapter(generator: Generator, body: Body) -> str:
    """vLLM answers with a sentence."""
    name = body.text("lora_name")
    generator.model.unload_adapter(name)
    return f"Success: LoRA adapter '{name}' removed successfully."


def collective_rpc(generator: Generator, body: Body) -> dict[str, Any]:
    """Of vLLM's workers' methods the one that reads weights from a directory."""
    method = body.text("method")
    if method != "reload_weights":
        raise HttpError(HTTPStatus.NOT_FOUND, f"The method {json.dumps(method)} does not exist here.", "method")
    generator.model.reload(body.inner("kwargs").text("weights_path"), None)
    return {"results": [None]}


def update_weight_version(generator: Generator, body: Body) -> dict[str, Any]:
    """Names the weights that were loaded last."""
    name = body.text("new_version")
    with generator.model.lock:
        generator.model.weight_version = name
    return {"success": True, "new_version": name}
