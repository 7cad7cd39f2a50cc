"""A chat-completions server on this machine that behaves as well or as badly as it is told."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Keeps what was asked and lets the server's behaviour answer."""

    server: ChatServer

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.content = json.loads(body)
        number = self.server.keep(self)
        self.server.behaviour(number)(self)

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Send a whole reply."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def pictures(self) -> list[np.ndarray]:
        """The RGB pictures of the request."""
        parts = self.content["messages"][0]["content"]
        return [_decode(p["image_url"]["url"]) for p in parts if p["type"] == "image_url"]

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


class ChatServer(ThreadingHTTPServer):
    """Behaves by ``script``, one behaviour per request, the last one for all others."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.script: list[Behaviour] = [say("yes")]
        self.asked: list[Handler] = []
        self.times: list[float] = []
        self.ending = threading.Event()
        self._lock = threading.Lock()

    def keep(self, handler: Handler) -> int:
        """Remember a request; its number."""
        with self._lock:
            self.asked.append(handler)
            self.times.append(time.monotonic())
            return len(self.asked) - 1

    def behaviour(self, number: int) -> Behaviour:
        """What the request of that number meets."""
        return self.script[min(number, len(self.script) - 1)]

    def handle_error(self, *args: Any) -> None:
        """Clients that went away are part of the tests."""


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """A server that runs in a thread."""
    server = ChatServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


def completion(text: Any, logprobs: Any = None, **message: Any) -> dict[str, Any]:
    """The content of a reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}}
    return {"choices": [choice | {"logprobs": logprobs, "finish_reason": "stop"}]}


def places(*tokens: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Log-probabilities of tokens: what was said, and probabilities of what could have been."""

    def item(token: str, p: Any) -> dict[str, Any]:
        logprob = float(np.log(p)) if isinstance(p, float) and p > 0 else p
        return {"token": token, "logprob": logprob, "bytes": list(token.encode())}

    return {
        "content": [
            item(said, top.get(said, -9999.0))
            | {"top_logprobs": [item(token, p) for token, p in top.items()]}
            for said, top in tokens
        ]
    }


def say(text: Any, logprobs: Any = None, **message: Any) -> Behaviour:
    """Answer ``text``."""
    return send(json.dumps(completion(text, logprobs, **message)).encode())


def send(body: bytes) -> Behaviour:
    """Answer any bytes with status 200."""
    return lambda handler: handler.reply(200, body)


def status(code: int, text: str = "", **headers: str) -> Behaviour:
    """Answer with another status; ``_`` in the names of headers stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(code, text.encode(), named)


def hang(handler: Handler) -> None:
    """Do not answer."""
    handler.server.ending.wait(30)


def drip(handler: Handler) -> None:
    """Answer a byte at a time, never silent for long and never done."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.ending.wait(0.02):
        handler.wfile.write(b"x")


def raw(reply: bytes) -> Behaviour:
    """Send bytes as they are, and close."""
    return lambda handler: handler.wfile.write(reply) and None


def redness(handler: Handler) -> None:
    """Say the red share of the first picture as a number."""
    red = handler.pictures()[0][..., 0].mean() / 255
    say(json.dumps({"value": round(float(red), 4)}))(handler)


def _decode(url: str) -> np.ndarray:
    kind, data = url.split(",", 1)
    assert kind == "data:image/png;base64"
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    return bgr[..., ::-1]
