"""Options of the endpoint backends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fmac_ros.priors.endpoint.address import parse_url
from fmac_ros.priors.endpoint.prompts import ANSWERS, NUMBER, PROMPTS, YES_NO
from fmac_ros.priors.hub.checks import check_choice, check_count, check_number, check_text
from fmac_ros.priors.hub.prompts import TASK

ALL, EACH = "all", "each"
MOST_LOGPROBS = 20
OWN_FIELDS = ("messages", "model", "n", "stream")


@dataclass(frozen=True)
class EndpointOptions:
    """How the server is asked.

    Attributes:
        url: base URL of the API, such as ``http://127.0.0.1:8000/v1``.
        model: name under which the server knows the model.
        api_key_env: name of the environment variable that holds the key; "" sends none.
        timeout: longest time of one attempt, from connecting to the last byte [s].
        retries: further attempts after one that failed for a reason that may pass.
        backoff: pause before the first retry, doubled for each further one [s].
        deadline: longest time of a whole call, with all its pictures and retries [s].
        prompt: text to ask, with ``{task}`` for the sentence; "" is the package's own.
        cameras: ``all`` side by side in one picture, ``each`` as a picture of its own in the
            same request, or the index of the only one shown.
        concurrency: requests under way at once.
        picture_scale: factor by which pictures are enlarged, for models made for larger ones.
        max_tokens: longest answer.
        top_logprobs: likeliest first words asked for, 0 for none: then the text alone counts.
        extra: further fields of the request, such as ``chat_template_kwargs``.
    """

    KIND: ClassVar[str]

    url: str
    model: str
    api_key_env: str = ""
    timeout: float = 30.0
    retries: int = 3
    backoff: float = 0.5
    deadline: float = 120.0
    prompt: str = ""
    cameras: str | int = ALL
    concurrency: int = 8
    picture_scale: int = 4
    max_tokens: int = 32
    top_logprobs: int = 10
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parse_url(self.url)
        for name in ("model", "api_key_env", "prompt"):
            check_text(name, getattr(self, name))
        if not self.model.strip():
            raise ValueError("model is empty, valid: a name that the server lists under /models")
        if self.prompt and TASK not in self.prompt:
            raise ValueError(f"prompt lacks {TASK}, which stands for the task's sentence")
        for name in ("timeout", "deadline"):
            check_number(name, getattr(self, name), 0.01, 86400)
        check_number("backoff", self.backoff, 0, 60)
        for name in ("concurrency", "picture_scale", "max_tokens"):
            check_count(name, getattr(self, name))
        _check_whole("retries", self.retries, 100)
        _check_whole("top_logprobs", self.top_logprobs, MOST_LOGPROBS)
        _check_cameras(self.cameras)
        _check_extra(self.extra)

    @property
    def form(self) -> str:
        """Form of the answer, one of ``ANSWERS``."""
        return YES_NO

    def question(self, sentence: str) -> str:
        """What is asked about a state when the task is ``sentence``."""
        return (self.prompt or PROMPTS[self.KIND, self.form]).replace(TASK, sentence)


@dataclass(frozen=True)
class EndpointValueOptions(EndpointOptions):
    """Options of the value prior.

    Attributes:
        answer: ``number`` in the text, or ``yes_no`` for the probability of a yes.
    """

    KIND = "value"

    answer: str = NUMBER

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("answer", self.answer, ANSWERS)

    @property
    def form(self) -> str:
        """Form of the answer, one of ``ANSWERS``."""
        return self.answer


@dataclass(frozen=True)
class EndpointSuccessOptions(EndpointOptions):
    """Options of the success prior.

    Attributes:
        threshold: probability of a yes from which a state counts as solved, 0..1.
    """

    KIND = "success"

    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("threshold", self.threshold, 0, 1)


def _check_whole(name: str, value: Any, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{name} is {value!r}, valid: 0..{most}")


def _check_cameras(cameras: Any) -> None:
    index = isinstance(cameras, int) and not isinstance(cameras, bool) and cameras >= 0
    if not index and cameras not in (ALL, EACH):
        raise ValueError(f"cameras is {cameras!r}, valid: {ALL}, {EACH}, or an index from 0")


def _check_extra(extra: Any) -> None:
    if not isinstance(extra, Mapping):
        raise ValueError(f"extra is {extra!r}, valid: a mapping of request fields")
    taken = sorted(set(extra) & set(OWN_FIELDS), key=str)
    if taken:
        raise ValueError(f"extra holds {taken[0]!r}, which is set by other options")
    try:
        json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"extra cannot be written as JSON: {error}") from error
