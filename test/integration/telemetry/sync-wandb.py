"""Uploads an offline run with the real `wandb sync` to a server on loopback, and prints what arrived as JSON.

The server knows just enough of W&B's API for a sync to pass. Nothing leaves this machine.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUCKET = {
    "id": "bucket",
    "displayName": "",
    "description": "",
    "config": "{}",
    "sweepName": None,
    "historyLineCount": 0,
    "project": {"id": "project", "name": "majlis", "entity": {"id": "entity", "name": "somebody"}},
}
ANSWERS = {
    "viewer": {"id": "v", "entity": "somebody", "username": "somebody", "flags": "{}", "teams": {"edges": []}},
    "serverInfo": {"features": [], "cliVersionInfo": {"max_cli_version": "99"}, "latestLocalVersionInfo": None},
    "createRunFiles": {"runID": "bucket", "uploadHeaders": [], "files": []},
}


class Server(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upserts = []
        self.streamed = []


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        reply = json.dumps(self.reply_to(json.loads(body or b"{}"))).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def reply_to(self, request):
        if self.path.endswith("/file_stream"):
            self.server.streamed.append(request)
            return {}
        if request.get("operationName") == "UpsertBucket":
            self.server.upserts.append(request["variables"])
            bucket = {**BUCKET, "name": request["variables"]["name"]}
            return {"data": {"upsertBucket": {"bucket": bucket, "inserted": True}}}
        return {"data": ANSWERS}

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


def sync(run_directory, port):
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "wandb"), "sync", run_directory],
            env={
                "HOME": home,
                "PATH": os.environ["PATH"],
                "WANDB_DIR": home,
                "WANDB_BASE_URL": f"http://127.0.0.1:{port}",
                "WANDB_API_KEY": "0" * 40,
                "WANDB_ERROR_REPORTING": "false",
            },
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )


def lines_of(streamed, name):
    """The lines of a streamed file: every piece says at which line it starts."""
    lines = {}
    for request in streamed:
        piece = request.get("files", {}).get(name)
        for at, line in enumerate(piece["content"] if piece else []):
            lines[piece["offset"] + at] = line
    return [lines[at] for at in sorted(lines)]


def as_texts(line):
    """Values as JSON texts of their own, since JSON proper has no NaN."""
    return {key: json.dumps(value) for key, value in json.loads(line).items()}


def main(run_directory):
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = sync(run_directory, server.server_port)
    ends = [request for request in server.streamed if "complete" in request]
    print(
        json.dumps(
            {
                "status": run.returncode,
                "output": run.stdout,
                "run": server.upserts[0] if server.upserts else None,
                "history": [as_texts(line) for line in lines_of(server.streamed, "wandb-history.jsonl")],
                "summary": [as_texts(line) for line in lines_of(server.streamed, "wandb-summary.json")],
                "complete": ends[-1].get("complete") if ends else None,
                "exitCode": ends[-1].get("exitcode") if ends else None,
            }
        )
    )


main(sys.argv[1])
