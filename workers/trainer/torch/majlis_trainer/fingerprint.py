"""What decides the bits that this process computes."""

from __future__ import annotations

import platform
from pathlib import Path

import torch
import transformers

CPU_INFO = Path("/proc/cpuinfo")


def fingerprint() -> str:
    """Builds of PyTorch and Transformers, number of threads, and CPU type."""
    parts = [f"torch {torch.__version__}", f"transformers {transformers.__version__}"]
    return ", ".join([*parts, f"{torch.get_num_threads()} threads", platform.machine(), _cpu_model()])


def _cpu_model() -> str:
    if not CPU_INFO.is_file():
        return platform.processor() or "unknown CPU"
    lines = CPU_INFO.read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown CPU"
