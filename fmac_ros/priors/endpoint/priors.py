"""Value and success by what a model behind a server says."""

from __future__ import annotations

import numpy as np

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.endpoint.asking import Asker
from fmac_ros.priors.endpoint.options import EndpointSuccessOptions, EndpointValueOptions

ENDPOINT = "endpoint"


@register("value", ENDPOINT)
def make_value(options: Options, context: Context) -> EndpointValue:
    """M_V behind a server."""
    return EndpointValue(parse_options(EndpointValueOptions, options))


@register("success", ENDPOINT)
def make_success(options: Options, context: Context) -> EndpointSuccess:
    """M_R behind a server."""
    return EndpointSuccess(parse_options(EndpointSuccessOptions, options))


class EndpointValue:
    """``M_V``: how far the model says that the task has come (``base.ValuePrior``)."""

    picture_size = None
    conditioning = ("text",)
    warm_up = False  # it is warm or not wherever it runs, and asking may cost

    def __init__(self, options: EndpointValueOptions) -> None:
        self._asker = Asker(options)
        self.name, self.version = self._asker.name, self._asker.version

    def values(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 values in 0..1. Raises EndpointError."""
        return self._asker.ask(pictures, sentence)


class EndpointSuccess:
    """``M_R``: how likely the model says that the task is finished (``base.SuccessPrior``)."""

    picture_size = None
    conditioning = ("text",)
    warm_up = False  # it is warm or not wherever it runs, and asking may cost

    def __init__(self, options: EndpointSuccessOptions) -> None:
        self._asker = Asker(options)
        self.name, self.version = self._asker.name, self._asker.version
        self.threshold = float(options.threshold)

    def scores(self, pictures: np.ndarray, sentence: str) -> np.ndarray:
        """Return (n,) float32 probabilities of a yes. Raises EndpointError."""
        return self._asker.ask(pictures, sentence)
