"""Sampling against whole passes of the model, pauses, and refusals over HTTP."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from majlis_trainer.call_error import CallError
from majlis_trainer.generator.__main__ import check_host
from majlis_trainer.generator.generator import Generator
from majlis_trainer.generator.http_error import HttpError
from majlis_trainer.generator.sampler import SamplingRequest, generate
from majlis_trainer.generator.served_model import ServedModel
from majlis_trainer.generator.server import GeneratorServer

ASKED = SamplingRequest(
    prompt=[3, 7, 1],
    samples=5,
    max_tokens=12,
    temperature=0.7,
    top_p=1.0,
    stop_token_ids=frozenset(),
    seed=9,
    top_log_probs=0,
)

ModelOf = Callable[..., Path]


def module_of(directory: Path) -> Any:
    with ServedModel(str(directory)).computing_with(None) as module:
        return module


def never() -> bool:
    return False


def whole_log_probs(module: Any, request: SamplingRequest, token_ids: list[int]) -> torch.Tensor:
    """Log-probabilities at each place of an answer, without a cache. [token, vocabulary]"""
    tokens = torch.tensor([request.prompt + token_ids])
    with torch.no_grad():
        logits = module(input_ids=tokens, use_cache=False).logits[0, len(request.prompt) - 1 : -1]
    return torch.log_softmax(logits.float() / (request.temperature or 1.0), dim=-1)


@pytest.mark.parametrize("kind", ["qwen3", "llama", "gemma3_text", "mistral", "gpt2"])
def test_log_probs_are_those_of_a_whole_pass(model_of: ModelOf, kind: str) -> None:
    module = module_of(model_of(kind, sliding_window=4) if kind in ("gemma3_text", "mistral") else model_of(kind))
    for sample in generate(module, ASKED, never):
        expected = whole_log_probs(module, ASKED, sample.token_ids)
        chosen = expected.gather(1, torch.tensor(sample.token_ids)[:, None])[:, 0]
        assert torch.allclose(torch.tensor(sample.log_probs), chosen, atol=2e-5)


def test_the_output_layer_is_computed_at_last_places_only(model_of: ModelOf) -> None:
    module = module_of(model_of())
    places: list[int] = []
    module.lm_head.register_forward_hook(lambda _module, _inputs, output: places.append(output.shape[1]))
    (sample, *_) = generate(module, ASKED, never)
    assert places == [1] * len(sample.token_ids)
    module(input_ids=torch.tensor([ASKED.prompt]))
    assert places[-1] == len(ASKED.prompt)


def test_a_sample_does_not_depend_on_the_others(model_of: ModelOf) -> None:
    module = module_of(model_of())
    five = generate(module, ASKED, never)
    many = generate(module, replace(ASKED, samples=70), never)
    assert [sample.token_ids for sample in many[:5]] == [sample.token_ids for sample in five]
    assert len({tuple(sample.token_ids) for sample in many}) == 70
    again = generate(module, ASKED, never)
    assert [sample.log_probs for sample in again] == [sample.log_probs for sample in five]


def test_top_p_keeps_the_likeliest_and_counts_them_alone(model_of: ModelOf) -> None:
    module = module_of(model_of())
    request = replace(ASKED, top_p=0.5, samples=40)
    for sample in generate(module, request, never):
        for token, log_prob, plain in zip(
            sample.token_ids, sample.log_probs, whole_log_probs(module, request, sample.token_ids), strict=True
        ):
            ranked, order = plain.exp().sort(descending=True)
            size = int((ranked.cumsum(0) < 0.5).sum()) + 1
            assert token in order[:size].tolist()
            assert abs(log_prob - float(plain[token] - ranked[:size].sum().log())) < 1e-4


def test_temperature_zero_takes_the_likeliest(model_of: ModelOf) -> None:
    module = module_of(model_of())
    first, *others = generate(module, replace(ASKED, temperature=0.0), never)
    assert first.token_ids == whole_log_probs(module, replace(ASKED, temperature=0.0), first.token_ids).argmax(1).tolist()
    assert all(other.token_ids == first.token_ids for other in others)


def test_a_pause_cuts_answers_off_or_waits_for_them(model_of: ModelOf) -> None:
    generator = Generator(ServedModel(str(model_of())))
    generator.pausing.pause("abort")
    assert generator.pausing.is_paused
    waiting = threading.Thread(target=lambda: generator.answer(ASKED, None))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    generator.pausing.resume()
    waiting.join(20)
    assert not waiting.is_alive()
    with generator.pausing.request() as ticket:
        pause = threading.Thread(target=lambda: generator.pausing.pause("abort"))
        pause.start()
        while not generator.pausing.is_aborted(ticket):
            pass
        module = module_of(model_of())
        assert {sample.finish for sample in generate(module, ASKED, lambda: generator.pausing.is_aborted(ticket))} == {
            "abort"
        }
    pause.join(20)


@pytest.fixture
def base_url(model_of: ModelOf) -> Iterator[str]:
    server = GeneratorServer(("127.0.0.1", 0), Generator(ServedModel(str(model_of()))))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def post(url: str, body: object) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        ([], 400, None),
        ({}, 400, "prompt"),
        ({"prompt": "text"}, 400, "prompt"),
        ({"prompt": [24]}, 400, "prompt"),
        ({"prompt": [1], "max_tokens": 40}, 400, "prompt"),
        ({"prompt": [1], "max_tokens": 0}, 400, "max_tokens"),
        ({"prompt": [1], "n": 1.5}, 400, "n"),
        ({"prompt": [1], "temperature": -1}, 400, "temperature"),
        ({"prompt": [1], "top_p": 0}, 400, "top_p"),
        ({"prompt": [1], "seed": -1}, 400, "seed"),
        ({"prompt": [1], "top_k": 5}, 400, "top_k"),
        ({"prompt": [1], "stop": ["."]}, 400, "stop"),
        ({"prompt": [1], "stream": True}, 400, "stream"),
        ({"prompt": [1], "logprobs": 21}, 400, "logprobs"),
        ({"prompt": [1], "return_token_ids": 1}, 400, "return_token_ids"),
        ({"prompt": [1], "model": "other"}, 404, "model"),
    ],
)
def test_refuses_by_name(base_url: str, body: object, status: int, param: str | None) -> None:
    code, answer = post(f"{base_url}/v1/completions", body)
    assert (code, answer["error"]["code"], answer["error"]["param"]) == (status, status, param)
    assert answer["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/unload_lora_adapter", "/v1/nothing"])
def test_what_is_not_there_is_404(base_url: str, path: str) -> None:
    assert post(f"{base_url}{path}", {"lora_name": "none"})[0] == 404


def test_weights_that_do_not_open_leave_the_old_ones(base_url: str, model_of: ModelOf, tmp_path: Path) -> None:
    asked = {"prompt": [1], "max_tokens": 3, "return_token_ids": True}
    before = post(f"{base_url}/v1/completions", asked)
    code, answer = post(f"{base_url}/update_weights_from_disk", {"model_path": str(tmp_path)})
    assert (code, answer["success"]) == (404, False)
    assert post(f"{base_url}/v1/completions", asked) == before
    other = model_of("llama")
    code, answer = post(f"{base_url}/update_weights_from_disk", {"model_path": str(other), "weight_version": "v2"})
    assert (code, answer["success"]) == (200, True)
    with urllib.request.urlopen(f"{base_url}/model_info", timeout=20) as info:
        assert json.loads(info.read()) == {"model_path": str(other), "weight_version": "v2"}


def test_logits_that_are_no_numbers_are_an_error(model_of: ModelOf) -> None:
    module = module_of(model_of())
    with torch.no_grad():
        module.get_output_embeddings().weight.fill_(float("nan"))
    with pytest.raises(HttpError, match="no numbers"):
        generate(module, ASKED, never)


def test_other_machines_reach_it_only_where_that_is_asked_for() -> None:
    with pytest.raises(CallError, match="can be reached from other machines"):
        check_host("0.0.0.0", insecure=False)
    check_host("0.0.0.0", insecure=True)
    check_host("127.0.0.1", insecure=False)
