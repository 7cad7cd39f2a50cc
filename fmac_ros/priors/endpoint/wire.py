"""One HTTP request. Redirects are not followed, proxies not asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead

from fmac_ros.priors.endpoint.address import Address
from fmac_ros.priors.endpoint.call import Call
from fmac_ros.priors.endpoint.errors import MalformedReply

MAX_REPLY = 2**20  # bytes
MAX_COMPLAINT = 4096  # bytes read of what is said with an error status


@dataclass(frozen=True)
class Reply:
    """A whole reply; of one with an error status, the start."""

    status: int
    headers: Message
    body: bytes


def post(
    address: Address, body: bytes, headers: Mapping[str, str], seconds: float, call: Call
) -> Reply:
    """Send one request and return the reply.

    Args:
        seconds: from connecting to the last byte.

    Raises:
        TimeoutError: that time is over.
        OSError, HTTPException: the connection or the protocol failed.
        MalformedReply: the reply is larger than ``MAX_REPLY``.
    """
    end = time.monotonic() + seconds
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    connection = kind(address.host, address.port, timeout=seconds)
    try:
        connection.connect()
        # A name with several addresses is tried with the whole time for each.
        left = max(end - time.monotonic(), 0.0)
        with call.watch(connection.sock, left) as watch:
            try:
                connection.request("POST", address.path, body, dict(headers))
                reply = _read(connection.getresponse())
            except (OSError, HTTPException) as error:
                if watch.fired:
                    raise TimeoutError from error
                raise
            if watch.fired:  # what was cut off may look complete
                raise TimeoutError
            return reply
    finally:
        connection.close()


def _read(response: HTTPResponse) -> Reply:
    with response:
        if not 200 <= response.status < 300:
            return Reply(response.status, response.headers, response.read(MAX_COMPLAINT))
        body = response.read(MAX_REPLY + 1)
        if len(body) > MAX_REPLY:
            raise MalformedReply(f"the reply has more than {MAX_REPLY} bytes")
        if response.length:  # bytes that were promised and did not come
            raise IncompleteRead(body[:0], response.length)
        return Reply(response.status, response.headers, body)
