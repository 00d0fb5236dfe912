"""SGLang's dialect, as far as Majlis speaks it: generation from ids, weights from disk, adapters (sglang/srt, 0.5)."""

from __future__ import annotations

from typing import Any

from majlis_trainer.generator.body import Body
from majlis_trainer.generator.generator import Generator
from majlis_trainer.generator.http_error import HttpError, refuse
from majlis_trainer.generator.openai_api import MOST_TOP, VERSION, top_p
from majlis_trainer.generator.sampler import Sample, SamplingRequest

NEUTRAL: dict[str, tuple[object, ...]] = {"text": (), "stream": (False,), "input_embeds": ()}
NEUTRAL_SAMPLING: dict[str, tuple[object, ...]] = {
    "n": (1,),
    "stop": ([], ""),
    "stop_regex": ([], ""),
    "top_k": (-1,),
    "min_p": (0,),
    "min_new_tokens": (0,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "repetition_penalty": (1,),
    "logit_bias": ({},),
    "regex": (),
    "json_schema": (),
}


def server_info(generator: Generator) -> dict[str, Any]:
    """What a client asks about before it generates."""
    served = generator.model
    return {"version": VERSION, "model_path": served.path, "context_length": served.context}


def model_info(generator: Generator) -> dict[str, Any]:
    """Which weights are served."""
    return {"model_path": generator.model.path, "weight_version": generator.model.weight_version}


def generate(generator: Generator, body: Body) -> Any:
    """`/generate` for one prompt, or for a list of prompts with a list of settings."""
    body.refuse_beyond(NEUTRAL)
    prompts = body.values.get("input_ids")
    if isinstance(prompts, list) and prompts and isinstance(prompts[0], list):
        settings = body.values.get("sampling_params")
        if not isinstance(settings, list) or len(settings) != len(prompts):
            raise refuse("sampling_params", "none or another number", "one for each prompt")
        shared = {key: value for key, value in body.values.items() if key not in ("input_ids", "sampling_params")}
        pairs = zip(prompts, settings, strict=True)
        return [_one(generator, Body({**shared, "input_ids": ids, "sampling_params": each})) for ids, each in pairs]
    return _one(generator, body)


def _one(generator: Generator, body: Body) -> dict[str, Any]:
    settings = body.inner("sampling_params")
    settings.refuse_beyond(NEUTRAL_SAMPLING)
    vocabulary = generator.model.vocabulary
    top = body.whole("top_logprobs_num", 0, 0, MOST_TOP)
    request = SamplingRequest(
        prompt=body.token_ids("input_ids", vocabulary),
        samples=1,
        max_tokens=settings.whole("max_new_tokens", 128, 1),
        temperature=settings.number("temperature", 1.0, 0.0),
        top_p=top_p(settings),
        stop_token_ids=frozenset(settings.token_ids("stop_token_ids", vocabulary)),
        seed=settings.whole("sampling_seed", 0, 0),
        top_log_probs=top,
    )
    answers = generator.answer(request, generator.model.require(body.optional_text("lora_path")))
    sample = answers.samples[0]
    meta: dict[str, Any] = {
        "prompt_tokens": len(request.prompt),
        "completion_tokens": len(sample.token_ids),
        "weight_version": answers.weight_version,
        "finish_reason": _finish(sample),
    }
    if body.flag("return_logprob"):
        pairs = zip(sample.log_probs, sample.token_ids, strict=True)
        meta["output_token_logprobs"] = [[log_prob, token, None] for log_prob, token in pairs]
    if top > 0:
        meta["output_top_logprobs"] = [[[value, token, None] for token, value in ranks] for ranks in sample.top]
    return {"text": "", "output_ids": sample.token_ids, "meta_info": meta}


def _finish(sample: Sample) -> dict[str, Any]:
    if sample.finish == "stop":
        return {"type": "stop", "matched": sample.token_ids[-1]}
    return {"type": sample.finish, "length": len(sample.token_ids)}


def update_weights_from_disk(generator: Generator, body: Body) -> dict[str, Any]:
    """Serves other weights once those under way are done with the old ones."""
    path = body.text("model_path")
    generator.model.reload(path, body.optional_text("weight_version"))
    return {"success": True, "message": f"Weights of {path} are served.", "num_paused_requests": 0}


def load_adapter(generator: Generator, body: Body) -> dict[str, Any]:
    """A refusal is a field of the answer too, as SGLang has it."""
    generator.model.load_adapter(body.text("lora_name"), body.text("lora_path"))
    return _loaded(generator)


def unload_adapter(generator: Generator, body: Body) -> dict[str, Any]:
    """Forgets an adapter."""
    generator.model.unload_adapter(body.text("lora_name"))
    return _loaded(generator)


def _loaded(generator: Generator) -> dict[str, Any]:
    return {"success": True, "loaded_adapters": {name: path for name, (path, _) in generator.model.adapters.items()}}


def failure(refusal: HttpError) -> dict[str, Any]:
    """What SGLang's calls about weights answer when they fail."""
    return {"success": False, "message": str(refusal)}
