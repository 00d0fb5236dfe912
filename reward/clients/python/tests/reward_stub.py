"""A reward service for tests: it answers what the test says, one reply after another, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Any, dict[str, str]]
HASHES = {"rubric_hash": "rubric-1", "reward_model_hash": "model-1"}


def scored(reward: float) -> dict[str, Any]:
    return {"kind": "scored", "reward": reward, "raw": reward * 2}


def outcomes(*items: list[dict[str, Any]]) -> Reply:
    return 200, {**HASHES, "outcomes": list(items)}, {}


def by_length(request: dict[str, Any]) -> Reply:
    """Every answer is worth as many points as it has characters."""
    return outcomes(*[[scored(float(len(answer["text"]))) for answer in item["answers"]] for item in request["items"]])


def refusal(status: int, code: str, detail: str, **headers: str) -> Reply:
    return status, {"code": code, "detail": detail}, {name.replace("_", "-"): value for name, value in headers.items()}


class RewardStub:
    """`script` is one reply for each request; the last one stays. None closes the connection without a word."""

    def __init__(self, *script: Reply | Callable[[dict[str, Any]], Reply] | None):
        self.script = list(script) or [by_length]
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.connections = 0
        self.url = ""
        self.lock = threading.Lock()

    def take(self, path: str, request: dict[str, Any], headers: dict[str, str]) -> Reply | None:
        with self.lock:
            self.paths.append(path)
            self.requests.append(request)
            self.headers.append(headers)
            reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return reply(request) if callable(reply) else reply


@contextmanager
def served(*script: Reply | Callable[[dict[str, Any]], Reply] | None) -> Iterator[RewardStub]:
    stub = RewardStub(*script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            stub.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            reply = stub.take(self.path, json.loads(body), {name.lower(): value for name, value in self.headers.items()})
            if reply is None:
                self.close_connection = True
                return
            status, told, headers = reply
            payload = told if isinstance(told, bytes) else json.dumps(told).encode()
            # In one write: two would wait for each other's acknowledgement.
            lines = [f"HTTP/1.1 {status} -", f"content-length: {len(payload)}", *(f"{k}: {v}" for k, v in headers.items())]
            self.wfile.write("\r\n".join([*lines, "", ""]).encode() + payload)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
