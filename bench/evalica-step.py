"""Bradley-Terry strengths of bench/aggregate.ts's votes by evalica, to the gradient norm that ours has.

Usage: evalica-step.py VOTES_FILE ITEMS TARGET. Needs evalica and numpy. VOTES_FILE holds int32 first, int32 second and
uint8 "first won", one array after the other. Votes are handed to evalica as lists of names, which is how it takes them.
First it looks for the loosest tolerance, a power of ten, at which the gradient is within TARGET. Then, for each line on
stdin, it fits once and prints one JSON object: milliseconds of the public call and of its compiled kernel alone (whose
input is coded already), gradient, iterations and tolerance.
"""

import json
import sys
import time

import evalica
import numpy as np
from evalica import _brzo


def read_votes(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    content = np.fromfile(path, dtype=np.uint8)
    votes = len(content) // 9
    first = content[: 4 * votes].view(np.int32)
    second = content[4 * votes : 8 * votes].view(np.int32)
    return first, second, content[8 * votes :].astype(bool)


def main() -> None:
    path, items, target = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    first, second, won = read_votes(path)
    names = [f"item-{item}" for item in range(items)]
    xs, ys = [names[item] for item in first], [names[item] for item in second]
    winners = [evalica.Winner.X if win else evalica.Winner.Y for win in won]
    weights = [1.0] * len(xs)
    xs_indexed, ys_indexed, index = evalica.indexing(xs, ys)

    def gradient(scores: np.ndarray) -> float:
        strengths = np.log(scores)
        probability = 1 / (1 + np.exp(strengths[ys_indexed] - strengths[xs_indexed]))
        slopes = np.zeros(len(index))
        np.add.at(slopes, xs_indexed, probability - won)
        np.add.at(slopes, ys_indexed, won - probability)
        return float(np.abs(slopes).max())

    def fit(tolerance: float) -> evalica.BradleyTerryResult:
        return evalica.bradley_terry(xs, ys, winners, tolerance=tolerance, limit=100_000)

    for power in range(1, 16):
        tolerance = 10.0**-power
        result = fit(tolerance)
        if gradient(result.scores.loc[index].to_numpy()) <= target:
            break
    for _ in sys.stdin:
        start = time.perf_counter()
        result = fit(tolerance)
        whole = time.perf_counter() - start
        start = time.perf_counter()
        _brzo.bradley_terry(
            xs=xs_indexed, ys=ys_indexed, winners=winners, weights=weights, total=len(index),
            win_weight=1.0, tie_weight=0.5, tolerance=tolerance, limit=100_000,
        )
        kernel = time.perf_counter() - start
        figures = {
            "milliseconds": 1000 * whole,
            "kernelMilliseconds": 1000 * kernel,
            "gradientNorm": gradient(result.scores.loc[index].to_numpy()),
            "iterations": result.iterations,
            "tolerance": tolerance,
        }
        print(json.dumps(figures), flush=True)


main()
