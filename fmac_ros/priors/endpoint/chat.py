"""Chat completions: the request about pictures, and the answer in the reply."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fmac_ros.priors.endpoint.complaints import said
from fmac_ros.priors.endpoint.errors import MalformedReply, UnsureAnswer
from fmac_ros.priors.endpoint.options import EndpointOptions
from fmac_ros.priors.endpoint.prompts import YES_NO

ROUNDING = 0.01  # by which a log-probability may exceed 0


@dataclass(frozen=True)
class Token:
    """One place of the answer.

    Attributes:
        text: what was said there.
        candidates: log-probabilities of what could have been said, also of ``text``.
    """

    text: str
    candidates: dict[str, float]


@dataclass(frozen=True)
class Answer:
    """What the model said; ``tokens`` is empty where the server gives no log-probabilities."""

    text: str
    tokens: tuple[Token, ...] = ()


def write_request(options: EndpointOptions, question: str, pictures: Sequence[str]) -> bytes:
    """The body of a request that asks ``question`` about pictures given as URLs."""
    shown = [{"type": "image_url", "image_url": {"url": url}} for url in pictures]
    request: dict[str, Any] = {
        "model": options.model,
        "messages": [{"role": "user", "content": [*shown, {"type": "text", "text": question}]}],
        "max_tokens": options.max_tokens,
        "temperature": 0,
        "stream": False,
    }
    if options.form == YES_NO and options.top_logprobs:
        request |= {"logprobs": True, "top_logprobs": options.top_logprobs}
    return json.dumps(request | dict(options.extra), allow_nan=False).encode()


def read_reply(body: bytes) -> Answer:
    """The answer in a reply.

    Raises:
        MalformedReply: the reply has another form, or a log-probability is none.
        UnsureAnswer: the model refused, or said nothing.
    """
    choice = _choice(_parse(body))
    message = _get(choice, "message", dict, "choices[0]")
    refused = message.get("refusal")
    if refused or choice.get("finish_reason") == "content_filter":
        words = said(refused.encode()) if isinstance(refused, str) else ""
        raise UnsureAnswer(f"the model refuses to answer{words}")
    if "content" not in message:
        raise MalformedReply("the reply lacks choices[0].message.content")
    if message["content"] in (None, ""):
        raise UnsureAnswer(
            "the model said nothing; where it thinks first, turn that off by 'extra' or give"
            " more 'max_tokens'"
        )
    return Answer(_get(message, "content", str, "choices[0].message"), _tokens(choice))


def _parse(body: bytes) -> dict:
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedReply(f"the reply is not JSON{said(body)}") from error
    if not isinstance(content, dict):
        raise MalformedReply(f"the reply is a {type(content).__name__}, valid: a JSON object")
    return content


def _choice(content: dict) -> dict:
    if "choices" not in content and content.get("error"):
        raise MalformedReply(f"the reply is an error{said(json.dumps(content).encode())}")
    choices = _get(content, "choices", list, "the reply")
    if not choices or not isinstance(choices[0], dict):
        raise MalformedReply("the reply's choices hold no answer")
    return choices[0]


def _tokens(choice: dict) -> tuple[Token, ...]:
    logprobs = choice.get("logprobs") or {}
    if not isinstance(logprobs, dict) or not isinstance(logprobs.get("content") or [], list):
        raise MalformedReply("choices[0].logprobs is not of the form {content: [...]}")
    return tuple(_token(place) for place in logprobs.get("content") or [])


def _token(place: Any) -> Token:
    text, logprob = _candidate(place)
    likeliest = place.get("top_logprobs") or []
    if not isinstance(likeliest, list):
        raise MalformedReply("top_logprobs is not a list")
    return Token(text, {text: logprob} | dict(_candidate(item) for item in likeliest))


def _candidate(item: Any) -> tuple[str, float]:
    if not isinstance(item, dict):
        raise MalformedReply(f"logprobs hold a {type(item).__name__}, valid: an object")
    logprob = item.get("logprob")
    number = isinstance(logprob, int | float) and not isinstance(logprob, bool)
    if not number or math.isnan(logprob) or logprob > ROUNDING:  # type: ignore[arg-type,operator]
        raise MalformedReply(f"a log-probability is {logprob!r:.40}, valid: up to 0")
    return _get(item, "token", str, "logprobs"), float(logprob)  # type: ignore[arg-type]


def _get(mapping: dict, key: str, kind: type, where: str) -> Any:
    value = mapping.get(key)
    if not isinstance(value, kind):
        found = "missing" if key not in mapping else f"a {type(value).__name__}"
        raise MalformedReply(f"{key!r} of {where} is {found}, valid: a {kind.__name__}")
    return value
