"""Endpoint priors against a real server on this machine, well and badly behaved."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chat_server import (
    ChatServer,
    Handler,
    chat_server,
    completion,
    drip,
    hang,
    places,
    raw,
    redness,
    say,
    send,
    status,
)

from fmac_ros.priors.backends import make_prior
from fmac_ros.priors.base import SuccessPrior, ValuePrior
from fmac_ros.priors.endpoint.errors import (
    DeadlinePassed,
    MalformedReply,
    Refused,
    Unavailable,
    UnsureAnswer,
)

TASK = "press the red button"
KEY = "a-very-secret-key"
QUICK = {"backoff": 0.01, "timeout": 1.0, "deadline": 5.0, "picture_scale": 1}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A server that says yes until told otherwise."""
    with chat_server() as running:
        yield running


def success(server: ChatServer, **options: Any) -> SuccessPrior:
    """A success prior that asks the server."""
    asked = {"url": server.url, "model": "big", **QUICK, **options}
    return make_prior("success", "endpoint", asked, None)  # type: ignore[arg-type]


def value(server: ChatServer, **options: Any) -> ValuePrior:
    """A value prior that asks the server."""
    asked = {"url": server.url, "model": "big", **QUICK, **options}
    return make_prior("value", "endpoint", asked, None)  # type: ignore[arg-type]


def pictures(count: int = 1, size: int = 8) -> np.ndarray:
    """Pictures of two cameras, each redder than the one before."""
    out = np.zeros((count, size, 2 * size, 3), np.uint8)
    out[..., 0] = np.linspace(0, 250, count, dtype=np.uint8)[:, None, None]
    return out


# What is asked


def test_the_request_is_a_chat_with_pictures(server: ChatServer) -> None:
    shown = np.random.default_rng(0).integers(0, 256, (1, 8, 16, 3), np.uint8)
    success(server, extra={"chat_template_kwargs": {"enable_thinking": False}}).scores(shown, TASK)
    asked = server.asked[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["Authorization"] is None
    content = asked.content
    assert (content["model"], content["temperature"], content["max_tokens"]) == ("big", 0, 32)
    assert content["logprobs"] is True and content["top_logprobs"] == 10
    assert content["chat_template_kwargs"] == {"enable_thinking": False}
    assert f"Its task: {TASK}." in content["messages"][0]["content"][-1]["text"]
    np.testing.assert_array_equal(asked.pictures(), shown)


@pytest.mark.parametrize(
    ("cameras", "shapes"),
    [("all", [(24, 48)]), ("each", [(24, 24), (24, 24)]), (1, [(24, 24)])],
)
def test_cameras_are_shown_together_apart_or_alone(
    server: ChatServer, cameras: Any, shapes: list
) -> None:
    shown = pictures()
    shown[:, :, 8:] = 200
    success(server, cameras=cameras, picture_scale=3).scores(shown, TASK)
    seen = server.asked[0].pictures()
    assert [picture.shape[:2] for picture in seen] == shapes
    assert seen[-1][12, -1].tolist() == [200, 200, 200]


def test_many_pictures_are_asked_at_once_and_answered_in_order(server: ChatServer) -> None:
    together = threading.Barrier(4)

    def behaviour(handler: Handler) -> None:
        together.wait(5)  # passes only where four requests are under way
        redness(handler)

    server.script = [behaviour]
    shown = pictures(12)
    values = value(server, concurrency=4).values(shown, TASK)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, shown[:, 0, 0, 0] / 255, atol=1e-3)


def test_no_pictures_ask_nothing(server: ChatServer) -> None:
    assert success(server).scores(pictures(0), TASK).shape == (0,)
    assert not server.asked


def test_the_key_is_sent_and_never_shown(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    prior = success(server, api_key_env="MY_KEY")
    error = json.dumps({"error": {"message": f"wrong key {KEY}"}})
    for behaviour in (status(401, error), say(f"maybe {KEY}"), send(f"<{KEY}>".encode())):
        server.script = [behaviour]
        with pytest.raises((Refused, UnsureAnswer, MalformedReply), match=r"\*\*\*") as caught:
            prior.scores(pictures(), TASK)
        assert KEY not in f"{caught.value} {caught.value.__cause__}"
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


# What is answered


@pytest.mark.parametrize(
    ("logprobs", "score"),
    [
        (places(("Yes", {"Yes": 0.6, " yes": 0.1, "No": 0.2, "Maybe": 0.1})), 0.7 / 0.9),
        (places(("No", {"No": 0.9})), 0.0),  # the yes is not among the likeliest
        (
            places(("\n", {"\n": 1.0}), ("**", {"**": 1.0}), ("yes", {"yes": 0.75, "no": 0.25})),
            0.75,
        ),
        (places(("\u0120Yes", {"\u0120Yes": 0.8, "\u2581no": 0.2})), 0.8),
        (places(("It", {"It": 0.9, "yes": 0.01})), 1.0),  # then the text counts
        ({"content": None}, 1.0),
        (None, 1.0),
    ],
)
def test_success_is_the_probability_of_a_yes(
    server: ChatServer, logprobs: Any, score: float
) -> None:
    server.script = [say("Yes.", logprobs)]
    prior = success(server, threshold=0.8)
    assert prior.threshold == 0.8
    assert prior.scores(pictures(), TASK) == pytest.approx([score], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "score"),
    [("yes", 1), ("No", 0), ("**NO**", 0), (" Yes, it is pressed.", 1), ("no.\nIt is up.", 0)],
)
def test_success_is_read_from_text(server: ChatServer, text: str, score: float) -> None:
    server.script = [say(text)]
    assert success(server, top_logprobs=0).scores(pictures(), TASK) == [score]
    assert "logprobs" not in server.asked[0].content


@pytest.mark.parametrize(
    "text",
    [
        "I cannot tell",
        "There is no way to tell",
        "No way to tell",
        "Yes and no",
        "Yes. Or no.",
        "?",
    ],
)
def test_neither_yes_nor_no_is_not_guessed(server: ChatServer, text: str) -> None:
    server.script = [say(text)]
    with pytest.raises(UnsureAnswer, match="model 'big': the answer is neither yes nor no"):
        success(server).scores(pictures(), TASK)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('{"value": 0.35}', 0.35),
        ('```json\n{"value": 1}\n```', 1.0),
        ('{"value": "40 %"}', 0.4),
        ("0.25", 0.25),
        ("30%.", 0.3),
        ("1e-1", 0.1),
    ],
)
def test_value_is_a_number_in_the_text(server: ChatServer, text: str, number: float) -> None:
    server.script = [say(text)]
    assert value(server).values(pictures(), TASK) == pytest.approx([number])
    assert "logprobs" not in server.asked[0].content


@pytest.mark.parametrize(
    "text",
    ["about half", "7", "-0.5", "NaN", "true", "[0.5]", '{"progress": 0.5}', '{"value": null}']
    + ['{"value": {"value": 1}}', "9" * 5000, "[" * 5000, '{"value": Infinity}', "0.1 or 0.9"],
)
def test_no_clear_number_is_not_guessed(server: ChatServer, text: str) -> None:
    server.script = [say(text)]
    with pytest.raises(UnsureAnswer, match="no number in 0..1") as caught:
        value(server).values(pictures(), TASK)
    assert len(str(caught.value)) < 400


def test_value_can_be_the_probability_of_a_yes(server: ChatServer) -> None:
    server.script = [say("no", places(("no", {"yes": 0.3, "no": 0.7})))]
    assert value(server, answer="yes_no").values(pictures(), TASK) == pytest.approx([0.3])


def test_a_model_that_refuses_or_says_nothing_is_unsure(server: ChatServer) -> None:
    filtered = completion("yes")
    filtered["choices"][0]["finish_reason"] = "content_filter"
    for behaviour, complaint in (
        (say(None, refusal="I will not."), "refuses to answer: I will not."),
        (send(json.dumps(filtered).encode()), "refuses to answer"),
        (say(None), "said nothing; where it thinks first"),
        (say(""), "said nothing"),
    ):
        server.script = [behaviour]
        with pytest.raises(UnsureAnswer, match=complaint):
            success(server).scores(pictures(), TASK)


# Replies that are none


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"<html>busy</html>", "not JSON: <html>busy"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "is a list"),
        (b"{}", "'choices' of the reply is missing"),
        (b'{"error": {"message": "no such model"}}', "is an error: no such model"),
        (b'{"choices": []}', "hold no answer"),
        (b'{"choices": ["yes"]}', "hold no answer"),
        (b'{"choices": [{}]}', r"'message' of choices\[0\] is missing"),
        (b'{"choices": [{"message": {}}]}', r"lacks choices\[0\].message.content"),
        (b'{"choices": [{"message": {"content": 1}}]}', "is a int, valid: a str"),
        (b" " * (2**20 + 1), "more than 1048576 bytes"),
    ],
)
def test_a_malformed_reply_is_named(server: ChatServer, body: bytes, complaint: str) -> None:
    server.script = [send(body)]
    with pytest.raises(MalformedReply, match=complaint):
        success(server).scores(pictures(), TASK)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("logprobs", "complaint"),
    [
        (places(("yes", {"yes": float("nan")})), "is nan"),
        (places(("yes", {"yes": 0.5, "no": float("nan")})), "is nan"),
        (places(("yes", {"yes": None})), "is None"),
        (places(("yes", {"yes": 5})), "is 5, valid: up to 0"),
        (places(("yes", {"yes": True})), "is True"),
        ({"content": [{"logprob": -1.0}]}, "'token' of logprobs is missing"),
        ({"content": ["yes"]}, "logprobs hold a str"),
        ({"content": "yes"}, "not of the form"),
        ([1], "not of the form"),
        ({"content": [{"token": "yes", "logprob": 0, "top_logprobs": 3}]}, "not a list"),
    ],
)
def test_log_probabilities_that_are_none_are_refused(
    server: ChatServer, logprobs: Any, complaint: str
) -> None:
    server.script = [say("yes", logprobs)]
    with pytest.raises(MalformedReply, match=complaint):
        success(server).scores(pictures(), TASK)


def test_a_probability_of_zero_is_a_number(server: ChatServer) -> None:
    server.script = [say("no", places(("no", {"no": 1.0, "yes": float("-inf")})))]
    assert success(server).scores(pictures(), TASK) == [0.0]


# Trouble that passes, and trouble that does not


@pytest.mark.parametrize(
    "trouble",
    [
        status(429),
        status(500),
        status(503, "loading"),
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
    ],
)
def test_passing_trouble_is_retried(server: ChatServer, trouble: Any) -> None:
    server.script = [trouble, trouble, say("yes")]
    assert success(server).scores(pictures(), TASK) == [1.0]
    assert len(server.asked) == 3


def test_lasting_trouble_ends_after_the_retries(server: ChatServer) -> None:
    server.script = [status(503, "the model\nis loading")]
    with pytest.raises(
        Unavailable, match="HTTP 503: the model is loading; gave up after 3 attempts"
    ):
        success(server, retries=2).scores(pictures(), TASK)
    assert len(server.asked) == 3


def test_pauses_grow(server: ChatServer) -> None:
    server.script = [status(500), status(500), status(500), say("yes")]
    success(server, backoff=0.1).scores(pictures(), TASK)
    assert (np.diff(server.times) >= [0.05, 0.1, 0.2]).all()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(server: ChatServer, form: str) -> None:
    then = datetime.now(timezone.utc) + timedelta(seconds=2)  # a date has whole seconds
    asked = "1" if form == "seconds" else format_datetime(then, usegmt=True)
    server.script = [status(429, Retry_After=asked), say("yes")]
    success(server).scores(pictures(), TASK)
    assert 0.9 <= np.diff(server.times)[0] < 2.5


@pytest.mark.parametrize("asked", ["-5", "nan", "inf", "soon", "Mon, 99 Nonsense"])
def test_a_strange_retry_after_is_ignored(server: ChatServer, asked: str) -> None:
    server.script = [status(429, Retry_After=asked), say("yes")]
    success(server).scores(pictures(), TASK)
    assert np.diff(server.times)[0] < 0.5


def test_a_pause_beyond_the_deadline_is_not_waited_for(server: ChatServer) -> None:
    server.script = [status(429, Retry_After="3600")]
    start = time.monotonic()
    with pytest.raises(Unavailable, match="HTTP 429; the pause of 3600.0 s .* deadline of 5 s"):
        success(server).scores(pictures(), TASK)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (400, "refuses with HTTP 400: too large$"),
        (401, "HTTP 401: too large .api_key_env names"),
        (404, "HTTP 404: too large .is the url the base"),
    ],
)
def test_a_refusal_is_not_retried(server: ChatServer, code: int, complaint: str) -> None:
    server.script = [status(code, '{"error": "too large"}')]
    with pytest.raises(Refused, match=complaint):
        success(server).scores(pictures(), TASK)
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(server: ChatServer) -> None:
    with chat_server() as other:
        target = f"{other.url}/x?token={KEY}".replace("127.0.0.1", "localhost")
        server.script = [status(307, Location=target)]
        with pytest.raises(
            Refused, match="redirects to 'localhost', which is not followed"
        ) as caught:
            success(server).scores(pictures(), TASK)
        assert KEY not in str(caught.value) and not other.asked


def test_nobody_listens() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
        asked = {"url": url, "model": "big", **QUICK, "retries": 1}
        prior = make_prior("success", "endpoint", asked, None)  # type: ignore[arg-type]
        with pytest.raises(
            Unavailable, match="cannot reach http://127.0.0.1:.*refused.*2 attempts"
        ):
            prior.scores(pictures(), TASK)


def test_something_else_listens(server: ChatServer) -> None:
    server.script = [raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    with pytest.raises(MalformedReply, match="does not answer in HTTP"):
        success(server).scores(pictures(), TASK)
    with pytest.raises(Refused, match="no TLS with https://127.0.0.1"):
        success(server, url=server.url.replace("http:", "https:")).scores(pictures(), TASK)


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_one_slow_attempt_is_followed_by_another(server: ChatServer, behaviour: Any) -> None:
    server.script = [behaviour, say("yes")]
    assert success(server, timeout=0.3).scores(pictures(), TASK) == [1.0]
    server.script = [behaviour]
    with pytest.raises(Unavailable, match="did not answer within 0.2 s; gave up after 1 attempt$"):
        success(server, timeout=0.2, retries=0).scores(pictures(), TASK)


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_a_call_ends_at_its_deadline(server: ChatServer, behaviour: Any) -> None:
    server.script = [say("yes"), behaviour]
    start = time.monotonic()
    with pytest.raises(DeadlinePassed, match="'big': no complete answer from http.* of 0.4 s"):
        success(server, timeout=30, deadline=0.4, concurrency=2).scores(pictures(5), TASK)
    assert time.monotonic() - start < 1.5
    assert len(server.asked) <= 3  # nothing new is begun


def test_no_thread_outlives_a_call_for_long(server: ChatServer) -> None:
    server.script = [hang]
    with pytest.raises(DeadlinePassed):
        success(server, timeout=30, deadline=0.2).scores(pictures(4), TASK)
    end = time.monotonic() + 2
    while any(thread.name.startswith("endpoint") for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_failure_ends_the_others(server: ChatServer) -> None:
    server.script = [status(400), hang]
    start = time.monotonic()
    with pytest.raises(Refused):
        success(server, timeout=30).scores(pictures(4), TASK)
    assert time.monotonic() - start < 1.5


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes a certificate with openssl")
def test_tls(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    named = ["-addext", "subjectAltName=DNS:localhost", "-out", certificate, "-keyout", key]
    subprocess.run([*made.split(), *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"https://localhost:{server.server_port}/v1"
    with pytest.raises(
        Refused, match="no TLS with https://localhost:.*: CERTIFICATE_VERIFY_FAILED"
    ):
        success(server, url=url).scores(pictures(), TASK)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert success(server, url=url).scores(pictures(), TASK) == [1.0]
    for behaviour in (hang, drip):
        server.script = [behaviour]
        with pytest.raises(Unavailable, match="did not answer within 0.3 s"):
            success(server, url=url, timeout=0.3, retries=0).scores(pictures(), TASK)


# Options


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"url": "127.0.0.1:8000"}, "url is '127.0.0.1:8000', valid: a base URL such as"),
        ({"url": "ftp://host/v1"}, "url is 'ftp://host/v1'"),
        ({"url": "http://host:99999/v1"}, "url cannot be parsed"),
        ({"url": "http://a..b/v1"}, "url cannot be parsed"),
        ({"url": "http://host/v1\r\nX: y"}, "url is not a plain text"),
        ({"url": None}, "url is not a plain text"),
        ({"model": " "}, "model is empty"),
        ({"timeout": 0}, "timeout is 0, valid: 0.01..86400"),
        ({"deadline": float("inf")}, "deadline is inf"),
        ({"retries": -1}, "retries is -1, valid: 0..100"),
        ({"retries": True}, "retries is True"),
        ({"backoff": "fast"}, "backoff is 'fast'"),
        ({"prompt": "done?"}, "prompt lacks {task}"),
        ({"cameras": "front"}, "cameras is 'front', valid: all, each, or an index"),
        ({"concurrency": 0}, "concurrency is 0"),
        ({"top_logprobs": 21}, "top_logprobs is 21, valid: 0..20"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"extra": ["x"]}, "extra is .* valid: a mapping"),
        ({"extra": {"stream": True}}, "extra holds 'stream'"),
        ({"extra": {"seed": float("nan")}}, "extra cannot be written as JSON"),
        ({"api_key_env": "NOT_SET_ANYWHERE"}, "'NOT_SET_ANYWHERE', an environment variable that"),
        ({"api_key": "x"}, "unknown option 'api_key'"),
    ],
)
def test_wrong_options_are_named(server: ChatServer, options: dict, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        success(server, **options)


def test_secrets_in_the_wrong_place_are_not_repeated(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"http://user:{KEY}@host/v1", f"http://host/v1?key={KEY}"):
        with pytest.raises(ValueError, match="api_key_env names") as caught:
            success(server, url=url)
        assert KEY not in str(caught.value)
    monkeypatch.setenv("MY_KEY", f"{KEY}\nX-Header: 1")
    with pytest.raises(ValueError, match="MY_KEY holds no key") as caught:
        success(server, api_key_env="MY_KEY")
    assert KEY not in str(caught.value)


def test_wrong_pictures_are_named(server: ChatServer) -> None:
    prior = success(server, cameras="each", picture_scale=300)
    for shown, complaint in (
        (np.zeros((1, 8, 8), np.uint8), "pictures have shape"),
        (np.zeros((1, 8, 12, 3), np.uint8), "are 8x12"),
        (np.zeros((1, 0, 0, 3), np.uint8), "pictures are 0x0"),
        (pictures(size=64), "picture_scale 300 are too large"),
    ):
        with pytest.raises(ValueError, match=complaint):
            prior.scores(shown, TASK)
    with pytest.raises(ValueError, match="sentence is empty"):
        prior.scores(pictures(), "  ")


def test_the_version_tells_what_was_asked(server: ChatServer) -> None:
    first, same = success(server), success(server, threshold=0.9, url="http://elsewhere/v1")
    other = success(server, prompt="Is '{task}' done? Say yes or no.")
    assert first.name == "big" and first.version == same.version != other.version
    assert first.picture_size is None and first.conditioning == ("text",)
