"""The processes that share the work, as torchrun starts them, or this one alone.

Every rank has the same models under the same names and does the same calls in the same order; only the sequences of a
batch and the shards of the weights differ. What is said between ranks is bytes and JSON, never pickle. Rank 0 alone talks
to callers and writes files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from grpc import StatusCode
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.rendezvous import rendezvous

from majlis_trainer.call_error import CallError

FAILURE_KEY = "majlis_trainer/failure"
LONGEST_WAIT = timedelta(days=7)
"""Followers wait for the next call as long as rank 0 has none. A rank that ends closes its connections, which is noticed."""

Answer = TypeVar("Answer")


class Ranks:
    """Communication between ranks; with one rank it does nothing."""

    def __init__(self, rank: int = 0, world: int = 1, store: Any = None, mesh: DeviceMesh | None = None) -> None:
        self.rank = rank
        self.world = world
        self.mesh = mesh
        self._store = store

    @property
    def leads(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def broadcast(self, content: bytes) -> bytes:
        """Rank 0's bytes, on every rank."""
        if self.world == 1:
            return content
        length = torch.tensor([len(content)])
        dist.broadcast(length, src=0)
        buffer = torch.empty(int(length), dtype=torch.uint8)
        if self.leads:
            buffer = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        dist.broadcast(buffer, src=0)
        return buffer.numpy().tobytes()

    def gather(self, value: Any) -> list[Any]:
        """Every rank's JSON value, on every rank. [rank]"""
        if self.world == 1:
            return [value]
        content = json.dumps(value).encode()
        lengths = torch.zeros(self.world, dtype=torch.long)
        lengths[self.rank] = len(content)
        dist.all_reduce(lengths)
        padded = content.ljust(int(lengths.max()))
        own = torch.frombuffer(bytearray(padded), dtype=torch.uint8)
        parts = [torch.empty_like(own) for _ in range(self.world)]
        dist.all_gather(parts, own)
        return [json.loads(part.numpy().tobytes()) for part in parts]

    def add_up(self, tensor: Tensor) -> Tensor:
        """The sum of all ranks' tensors on the CPU, in place."""
        if self.world > 1:
            dist.all_reduce(tensor)
        return tensor

    def on_first(self, work: Callable[[], list[Any]]) -> list[Any]:
        """Does something on rank 0, such as writing files; its JSON answer or its failure, on every rank."""
        said: dict[str, Any] = {}
        if self.leads:
            try:
                said = {"answer": work()}
            except CallError as refusal:
                if self.world == 1:
                    raise
                said = {"code": refusal.code.name, "message": str(refusal)}
            except Exception as failure:
                if self.world == 1:
                    raise
                # A full disk is no reason for the others to end.
                said = {"code": StatusCode.INTERNAL.name, "message": f"{type(failure).__name__}: {failure}"}
        if self.world > 1:
            said = json.loads(self.broadcast(json.dumps(said).encode()))
        if "code" in said:
            raise CallError(StatusCode[said["code"]], said["message"])
        answer: list[Any] = said["answer"]
        return answer

    def report_failure(self, failure: BaseException) -> str:
        """Why this rank cannot go on, or why another one could not before: the first to fail is the cause."""
        told = f"rank {self.rank} of {self.world} failed: {type(failure).__name__}: {failure}"
        if self._store is None:
            return told
        try:
            first = self._store.compare_set(FAILURE_KEY, "", told).decode()
        except (RuntimeError, OSError):
            # The store went with the process that kept it.
            return told
        return first or told


def join_ranks(device: str) -> Ranks:
    """The ranks that torchrun started, or this process alone."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Ranks()
    store, rank, _ = next(iter(rendezvous("env://", timeout=LONGEST_WAIT)))
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=world, timeout=LONGEST_WAIT)
    mesh = init_device_mesh(device, (world,))
    return Ranks(rank, world, store, mesh)


def is_first() -> bool:
    """Whether this process is, or will be, rank 0."""
    return os.environ.get("RANK", "0") == "0"


def is_elsewhere() -> bool:
    """Whether this process is on another machine than rank 0."""
    return os.environ.get("GROUP_RANK", "0") != "0"


def local_rank() -> int:
    """This process's number on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))
