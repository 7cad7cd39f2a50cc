"""What a server said with an error, short and printable."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from fmac_ros.priors.endpoint.address import Address
from fmac_ros.priors.endpoint.errors import Refused
from fmac_ros.priors.endpoint.wire import Reply

LONGEST = 200  # characters
HINTS = {
    401: "api_key_env names the environment variable with the key",
    403: "api_key_env names the environment variable with the key",
    404: "is the url the base, such as http://127.0.0.1:8000/v1, and the model served there?",
}


def refusal(address: Address, reply: Reply) -> Refused:
    """The error of a status that no retry changes."""
    if 300 <= reply.status < 400:
        return Refused(
            f"{address} redirects to {_host(reply)}, which is not followed:"
            " give the server's final url"
        )
    hint = HINTS.get(reply.status)
    return Refused(
        f"{address} refuses with HTTP {reply.status}{said(reply.body)}"
        + (f" ({hint})" if hint else "")
    )


def said(body: bytes) -> str:
    """': ' and the server's words, empty where it said nothing."""
    text = _message(body.decode("utf-8", "replace"))
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(text) > LONGEST:
        text = text[:LONGEST] + "..."
    return f": {text}" if text else ""


def _message(text: str) -> str:
    """The message of an error in JSON, else the text itself."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(content, dict):
        error = content.get("error", content)
        message = error.get("message") if isinstance(error, dict) else error
        if isinstance(message, str):
            return message
    return text


def _host(reply: Reply) -> str:
    """Where a redirect leads, less the path and query, which may hold a secret."""
    try:
        parts = urlsplit(reply.headers.get("Location") or "")
        host = parts.hostname
    except ValueError:
        host = None
    return repr(host[:LONGEST]) if host else "another path"
