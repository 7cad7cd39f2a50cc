"""One question about many states, answered by the model behind a server."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from fmac_ros.priors.base import check_finite, check_pictures
from fmac_ros.priors.endpoint.address import parse_url, read_key
from fmac_ros.priors.endpoint.call import Call
from fmac_ros.priors.endpoint.chat import read_reply, write_request
from fmac_ros.priors.endpoint.errors import EndpointError
from fmac_ros.priors.endpoint.options import EACH, EndpointOptions
from fmac_ros.priors.endpoint.pictures import check_size, data_url
from fmac_ros.priors.endpoint.pool import ask_all
from fmac_ros.priors.endpoint.prompts import NUMBER
from fmac_ros.priors.endpoint.reading import read_number, read_yes_no
from fmac_ros.priors.endpoint.retrying import Poster
from fmac_ros.priors.hub.cameras import MEAN, views
from fmac_ros.priors.hub.prompts import TASK
from fmac_ros.priors.text import check_sentence


class Asker:
    """Asks a server about pictures; it need not be up before the first question.

    Raises:
        ValueError: the environment variable with the key is not set.
    """

    def __init__(self, options: EndpointOptions) -> None:
        self._options = options
        self._address = parse_url(options.url)
        self._poster = Poster(self._address, read_key(options.api_key_env), options)
        self._read = read_number if options.form == NUMBER else read_yes_no
        self.name, self.version = options.model, _version(options)

    def ask(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 numbers in 0..1 of (n, h, w, 3) uint8 pictures.

        Raises:
            ValueError: pictures or sentence are not valid.
            EndpointError: there is no answer for one of the pictures.
        """
        check_pictures(pictures)
        question = self._options.question(check_sentence(sentence))
        if not len(pictures):
            return np.zeros(0, np.float32)
        shown = self._views(pictures)  # (n, k, h, w, 3)
        check_size(shown[0], self._options.picture_scale)
        call = Call(self._options.deadline, str(self._address))

        def ask_one(state: np.ndarray) -> float:
            return self._ask_one(state, question, call)

        try:
            answers = ask_all(ask_one, list(shown), self._options.concurrency, call)
        except EndpointError as error:
            raise type(error)(f"model {self.name!r}: {error}") from error
        return check_finite(np.array(answers, np.float32), self.name)

    def _views(self, pictures: np.ndarray) -> np.ndarray:
        cameras = self._options.cameras
        return views(pictures, MEAN if cameras == EACH else cameras)

    def _ask_one(self, state: np.ndarray, question: str, call: Call) -> float:
        """The answer about one state, (k, h, w, 3) uint8."""
        urls = [data_url(view, self._options.picture_scale) for view in state]
        body = write_request(self._options, question, urls)
        return self._read(read_reply(self._poster.post(body, call)))


def _version(options: EndpointOptions) -> str:
    """A fingerprint of what shapes the answers, apart from the weights behind the server."""
    shaping = [
        options.question(TASK),
        options.form,
        options.cameras,
        options.picture_scale,
        options.max_tokens,
        options.top_logprobs,
        dict(options.extra),
    ]
    text = json.dumps(shaping, sort_keys=True)
    return "endpoint-" + hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
