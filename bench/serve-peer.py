"""The peer of bench/serve.ts: a FastAPI server of the shape of OpenRLHF's serve_rm, around a light reward model of ours in NumPy.

The shape is that of openrlhf/cli/serve_rm.py at 3c3be623: one async handler that reads the JSON itself, scores on the event loop,
logs the first query and the reply, and answers a JSONResponse; uvicorn with log_level "info". OpenRLHF's image installs vLLM, which
asks for fastapi[standard] and so for uvloop and httptools: uvicorn takes both where they are installed, as here. With --quiet
neither the handler nor uvicorn logs a request.

Usage: serve-peer.py MODEL_FOLDER PORT [--quiet]; with "check" for PORT, reads a JSON list of answers and prints their scores.
"""

import json
import logging
import re
import struct
import sys
import unicodedata
from pathlib import Path

import numpy as np

FNV_OFFSET = np.uint32(0x811C9DC5)
FNV_PRIME = np.uint32(0x01000193)
FOLD = np.uint32(15)
# White space as JavaScript has it; str.split() and \s of Python take the four separators U+001C to U+001F too.
WHITE_SPACE = re.compile("[\\t\\n\\v\\f\\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")

logger = logging.getLogger("serve_peer")


class LightModel:
    """The mean of a light reward model without rules: its first column alone, which is all that the contract tells."""

    def __init__(self, folder: Path) -> None:
        manifest = json.loads((folder / "reward-model.json").read_text())
        space = manifest["space"]
        if space["criteria"]:
            raise SystemExit(f"{folder} weighs criteria of rules, which only Majlis reads")
        self.shortest = space["ngrams"]["shortest"]
        self.longest = space["ngrams"]["longest"]
        self.mask = np.uint32(space["ngrams"]["buckets"] - 1)
        self.weights = read_tensor(folder / "weights.safetensors", "ngrams")[:, 0].astype(np.float64)
        self.origin = manifest["centre"][0]
        self.temperature = manifest["temperature"]
        self.logs = np.log1p(np.arange(1 << 16))

    def get_reward(self, answers: list[str]) -> list[float]:
        return [self.score(answer) for answer in answers]

    def score(self, answer: str) -> float:
        buckets = self.buckets(answer)
        times = np.bincount(buckets, minlength=len(self.weights))[buckets]
        # Each bucket is met as often as it counts; over all meetings its value is to be summed once.
        values = self.logs[times]
        shares = values / times
        norm = np.sqrt(values @ shares) or 1.0
        return float((shares @ self.weights[buckets] / norm - self.origin) / self.temperature)

    def buckets(self, answer: str) -> np.ndarray:
        plain = f" {WHITE_SPACE.sub(' ', unicodedata.normalize('NFC', answer)).strip(' ')} "
        points = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        found = []
        hashes = np.full(len(points), FNV_OFFSET)
        for size in range(1, min(self.longest, len(points)) + 1):
            # The hash of each n-gram is that of its head with one more code point.
            hashes = (hashes[: len(points) - size + 1] ^ points[size - 1 :]) * FNV_PRIME
            if size >= self.shortest:
                found.append((hashes ^ (hashes >> FOLD)) & self.mask)
        return np.concatenate(found) if found else np.zeros(0, dtype=np.uint32)


def read_tensor(path: Path, name: str) -> np.ndarray:
    data = path.read_bytes()
    (header_bytes,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + header_bytes])[name]
    start, end = header["data_offsets"]
    return np.frombuffer(data[8 + header_bytes + start : 8 + header_bytes + end], dtype="<f4").reshape(header["shape"])


def answers_of(data: dict) -> list[str]:
    """What follows each prompt in its query: a light model reads answers alone."""
    return [query.removeprefix(prompt) for query, prompt in zip(data["query"], data["prompts"], strict=True)]


def serve(model: LightModel, port: int, quiet: bool) -> None:
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO)
    app = FastAPI()

    @app.post("/get_reward")
    async def get_reward(request: Request) -> JSONResponse:
        data = await request.json()
        answers = answers_of(data)
        logger.info("queries[0]: %s", data["query"][0])
        rewards = model.get_reward(answers)
        result = {"rewards": rewards, "scores": rewards, "extra_logs": {"dummy_scores": rewards}}
        logger.info("Sent JSON: %s", result)
        return JSONResponse(result)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning" if quiet else "info", access_log=not quiet)


def main() -> None:
    model = LightModel(Path(sys.argv[1]))
    if sys.argv[2] == "check":
        print(json.dumps(model.get_reward(json.load(sys.stdin))))
    else:
        serve(model, int(sys.argv[2]), "--quiet" in sys.argv)


main()
