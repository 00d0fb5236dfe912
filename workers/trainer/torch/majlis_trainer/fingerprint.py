"""What decides the bits that this process computes."""

from __future__ import annotations

import platform
from pathlib import Path

import torch
import transformers

from majlis_trainer.settings import Settings

CPU_INFO = Path("/proc/cpuinfo")


def fingerprint(settings: Settings, ranks: int) -> str:
    """Builds of PyTorch and Transformers, how it computes, number of threads and ranks, and the type of CPU or GPU."""
    parts = [f"torch {torch.__version__}", f"transformers {transformers.__version__}"]
    how = f"{settings.dtype}, passes of {settings.pass_tokens} tokens"
    is_gpu = settings.device.type == "cuda"
    processor = torch.cuda.get_device_name(settings.device) if is_gpu else _cpu_model()
    return ", ".join([*parts, how, f"{torch.get_num_threads()} threads, {ranks} ranks", platform.machine(), processor])


def _cpu_model() -> str:
    if not CPU_INFO.is_file():
        return platform.processor() or "unknown CPU"
    lines = CPU_INFO.read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown CPU"
