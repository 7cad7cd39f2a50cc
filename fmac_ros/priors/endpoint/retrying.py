"""A request that is sent again where that may help."""

from __future__ import annotations

import math
import random
import ssl
from dataclasses import replace
from datetime import datetime, timezone
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead

from fmac_ros.priors.endpoint.address import Address
from fmac_ros.priors.endpoint.call import Call
from fmac_ros.priors.endpoint.complaints import refusal, said
from fmac_ros.priors.endpoint.errors import MalformedReply, Refused, Temporary, Unavailable
from fmac_ros.priors.endpoint.options import EndpointOptions
from fmac_ros.priors.endpoint.wire import Reply, post

MAX_BACKOFF = 30.0  # s
LEAST_SECRET = 8  # characters; anything shorter may be part of a word
BUSY = (408, 429)  # and everything from 500


class Poster:
    """Posts JSON to one server.

    Args:
        key: sent as a bearer token where not empty; kept out of every error.
    """

    def __init__(self, address: Address, key: str, options: EndpointOptions) -> None:
        self._address, self._key, self._options = address, key, options
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def post(self, body: bytes, call: Call) -> bytes:
        """Return the body of the reply. Raises an EndpointError."""
        for attempt in range(self._options.retries + 1):
            try:
                return self._attempt(body, call)
            except Temporary as trouble:
                last = trouble
            if attempt < self._options.retries:
                self._pause(attempt, last, call)
        count = self._options.retries + 1
        raise Unavailable(f"{last}; gave up after {count} attempt{'s' * (count > 1)}")

    def _pause(self, attempt: int, trouble: Temporary, call: Call) -> None:
        longest = min(self._options.backoff * 2.0**attempt, MAX_BACKOFF)
        # Without chance, clients that were turned away together would come back together.
        wait = max(random.uniform(0.5, 1.0) * longest, trouble.wait)
        left = call.left()
        if wait >= left:
            raise Unavailable(
                f"{trouble}; the pause of {wait:.1f} s before the next attempt is longer than"
                f" the {left:.1f} s left of the deadline of {call.seconds:g} s"
            )
        call.pause(wait)

    def _attempt(self, body: bytes, call: Call) -> bytes:
        seconds = min(self._options.timeout, call.left())
        try:
            reply = post(self._address, body, self._headers, seconds, call)
        except TimeoutError as error:
            call.left()
            raise Temporary(f"{self._address} did not answer within {seconds:g} s") from error
        except ssl.SSLError as error:
            raise Refused(f"no TLS with {self._address}: {error.reason or error}") from error
        except IncompleteRead as error:
            raise Temporary(f"{self._address} cut its reply short") from error
        except OSError as error:
            text = error.strerror or type(error).__name__
            raise Temporary(f"cannot reach {self._address}: {text}; is the server up?") from error
        except HTTPException as error:
            kind = type(error).__name__
            raise MalformedReply(f"{self._address} does not answer in HTTP ({kind})") from error
        return self._body(replace(reply, body=self._hide(reply.body)))

    def _body(self, reply: Reply) -> bytes:
        if 200 <= reply.status < 300:
            return reply.body
        if reply.status in BUSY or reply.status >= 500:
            text = f"{self._address} answers HTTP {reply.status}{said(reply.body)}"
            raise Temporary(text, retry_after(reply.headers))
        raise refusal(self._address, reply)

    def _hide(self, body: bytes) -> bytes:
        """The body less the key: errors quote what the server says."""
        if len(self._key) < LEAST_SECRET:
            return body
        return body.replace(self._key.encode(), b"***")


def retry_after(headers: Message) -> float:
    """Seconds that the server asks to wait, given as a number or a date; 0 where it does not."""
    text = (headers.get("Retry-After") or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text)
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _until(date: str) -> float:
    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return 0.0
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return (when - datetime.now(timezone.utc)).total_seconds()
