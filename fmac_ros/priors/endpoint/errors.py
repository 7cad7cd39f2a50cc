"""What a call to a server may fail with. None of the texts holds the API key or a picture."""

from __future__ import annotations

from fmac_ros.priors.errors import Busy


class EndpointError(RuntimeError):
    """The server gave no answer that can be used."""


class Unavailable(EndpointError, Busy):
    """The server cannot be reached, is overloaded or broken, also after all retries."""


class Refused(EndpointError):
    """The server refuses requests like this one, so that retrying is of no use."""


class MalformedReply(EndpointError):
    """The reply is not of the form of a chat completion."""


class UnsureAnswer(EndpointError):
    """The model said nothing that can be read as an answer to the question; none is guessed."""


class DeadlinePassed(EndpointError, Busy):
    """The time for all answers of one call is over."""


class Temporary(Exception):
    """One attempt failed for a reason that may pass.

    Args:
        wait: pause that the server asks for before the next attempt [s].
    """

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait
