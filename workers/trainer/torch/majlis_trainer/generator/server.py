"""HTTP with the standard library: routes to the two dialects, one thread per connection."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from majlis_trainer.generator import openai_api, sglang_api
from majlis_trainer.generator.body import Body
from majlis_trainer.generator.generator import Generator
from majlis_trainer.generator.http_error import HttpError

LONGEST_BODY = 64 * 1024 * 1024

Get = Callable[[Generator], Any]
Post = Callable[[Generator, Body], Any]

GET: dict[str, Get] = {
    "/health": lambda _: None,
    "/version": openai_api.version,
    "/v1/models": openai_api.models,
    "/is_paused": lambda generator: {"is_paused": generator.pausing.is_paused},
    "/weight_info": lambda generator: {"weight_version": generator.model.weight_version},
    "/metrics": lambda generator: generator.metrics(),
    "/server_info": sglang_api.server_info,
    "/model_info": sglang_api.model_info,
}
POST: dict[str, Post] = {
    "/v1/completions": openai_api.completions,
    "/v1/load_lora_adapter": openai_api.load_adapter,
    "/v1/unload_lora_adapter": openai_api.unload_adapter,
    "/collective_rpc": openai_api.collective_rpc,
    "/update_weight_version": openai_api.update_weight_version,
    "/generate": sglang_api.generate,
    "/update_weights_from_disk": sglang_api.update_weights_from_disk,
    "/load_lora_adapter": sglang_api.load_adapter,
    "/unload_lora_adapter": sglang_api.unload_adapter,
}
SGLANG_WEIGHTS = ("/update_weights_from_disk", "/load_lora_adapter", "/unload_lora_adapter")


class GeneratorServer(ThreadingHTTPServer):
    """A server that knows its generator; threads of connections do not keep the process alive."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], generator: Generator) -> None:
        super().__init__(address, Handler)
        self.generator = generator


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Head and body are written one after the other; the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    server: GeneratorServer

    def do_GET(self) -> None:
        """Questions without a body."""
        path = urlsplit(self.path).path
        self._answer(lambda: self._route(GET, path)(self.server.generator))

    def do_POST(self) -> None:
        """Everything that computes or changes something."""
        url = urlsplit(self.path)
        self._answer(lambda: self._post(url.path, parse_qs(url.query)))

    def log_message(self, format: str, *args: Any) -> None:
        """Standard output holds the line about listening alone."""

    def _post(self, path: str, query: dict[str, list[str]]) -> Any:
        body = self._body()
        pausing = self.server.generator.pausing
        if path == "/pause":
            pausing.pause(query.get("mode", ["abort"])[0])
            return {"status": "paused"}
        if path == "/resume":
            pausing.resume()
            return {"status": "resumed"}
        return self._route(POST, path)(self.server.generator, body)

    def _route(self, routes: dict[str, Any], path: str) -> Any:
        if path in routes:
            return routes[path]
        raise HttpError(HTTPStatus.NOT_FOUND, f"There is no {self.command} {path} here.")

    def _body(self) -> Body:
        length = self.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            self.close_connection = True
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {LONGEST_BODY} bytes.")
        return Body.parse(self.rfile.read(int(length)))

    def _answer(self, work: Callable[[], Any]) -> None:
        try:
            self._send(HTTPStatus.OK, work())
        except HttpError as refusal:
            shape = sglang_api.failure(refusal) if self.path in SGLANG_WEIGHTS else refusal.body()
            self._send(refusal.status, shape)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception as cause:
            # The boundary of a request: nothing that one does may end the server.
            traceback.print_exc()
            failed = HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(cause).__name__}: {cause}")
            self._send(failed.status, failed.body())

    def _send(self, status: HTTPStatus, content: Any) -> None:
        text = content if isinstance(content, str) else "" if content is None else json.dumps(content)
        data = text.encode()
        kind = "text/plain; charset=utf-8" if isinstance(content, str) else "application/json"
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
