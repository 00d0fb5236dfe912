"""Folders that appear whole or not at all, and last once written. What was published never changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from grpc import StatusCode

from majlis_trainer.call_error import CallError


def write_folder(directory: Path, write: Callable[[Path], None]) -> None:
    """Lets `write` fill a folder beside the wanted one and renames it into place.

    The same files again change nothing; a folder that holds others is ALREADY_EXISTS.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    unfinished = directory.parent / f".unfinished-{uuid.uuid4()}"
    unfinished.mkdir()
    try:
        write(unfinished)
        for file in unfinished.iterdir():
            _sync(file)
        _sync(unfinished)
        if directory.exists():
            _require_same(directory, unfinished)
        else:
            unfinished.rename(directory)
            _sync(directory.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def file_hash(path: Path) -> str:
    """sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_bytes(directory: Path) -> int:
    """Bytes of all files together."""
    return sum(file.stat().st_size for file in directory.iterdir())


def _require_same(directory: Path, fresh: Path) -> None:
    for file in fresh.iterdir():
        present = directory / file.name
        if not present.exists() or file_hash(present) != file_hash(file):
            raise CallError(StatusCode.ALREADY_EXISTS, f"{directory} already holds another {file.name}.")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
