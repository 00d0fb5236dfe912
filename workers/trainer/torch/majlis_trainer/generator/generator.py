"""What every dialect of HTTP asks for: answers from the weights that a request names, and counts of them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from majlis_trainer.generator.http_error import refuse
from majlis_trainer.generator.pausing import Pausing
from majlis_trainer.generator.sampler import Sample, SamplingRequest, generate
from majlis_trainer.generator.served_model import ServedModel


@dataclass(frozen=True)
class Answers:
    """Samples, with the version of the full weights that computed them."""

    samples: list[Sample]
    weight_version: str


class Generator:
    """The served model, its pause, and counts since the process began."""

    def __init__(self, model: ServedModel) -> None:
        self.model = model
        self.pausing = Pausing()
        self.counts: Counter[str] = Counter()
        self._counting = threading.Lock()

    def answer(self, request: SamplingRequest, adapter: str | None) -> Answers:
        """Waits for its turn, then samples."""
        longest = len(request.prompt) + request.max_tokens
        if not request.prompt:
            raise refuse("prompt", "no tokens", "at least one")
        if longest > self.model.context:
            found = f"{len(request.prompt)} prompt tokens and {request.max_tokens} new ones"
            raise refuse("prompt", found, f"{self.model.context} together")
        with self.pausing.request() as ticket, self.model.computing_with(adapter) as module:
            samples = generate(module, request, lambda: self.pausing.is_aborted(ticket))
            version = self.model.weight_version
        self._count(request, samples)
        return Answers(samples, version)

    def metrics(self) -> str:
        """In Prometheus' text format, under vLLM's names."""
        rows = [
            ("num_requests_running", "gauge", self.pausing.running),
            ("prompt_tokens_total", "counter", self.counts["prompt"]),
            ("generation_tokens_total", "counter", self.counts["generation"]),
            ("request_success_total", "counter", self.counts["requests"]),
        ]
        label = f'{{model_name="{self.model.name}"}}'
        return "".join(f"# TYPE vllm:{name} {kind}\nvllm:{name}{label} {value}\n" for name, kind, value in rows)

    def _count(self, request: SamplingRequest, samples: list[Sample]) -> None:
        with self._counting:
            self.counts["requests"] += 1
            self.counts["prompt"] += len(request.prompt)
            self.counts["generation"] += sum(len(sample.token_ids) for sample in samples)
