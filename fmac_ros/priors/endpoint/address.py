"""Where the server is, and the key that it asks for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
EXAMPLE = "http://127.0.0.1:8000/v1"


@dataclass(frozen=True)
class Address:
    """A server and the path of its chat completions."""

    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_url(url: str) -> Address:
    """The address of chat completions below a base URL.

    Raises:
        ValueError: it is no base URL, or holds what may be a secret (which the text leaves out).
    """
    valid = f"valid: a base URL such as {EXAMPLE}"
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"url is not a plain text, {valid}")
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValueError(f"url cannot be parsed, {valid}") from error
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            f"url holds a user, a query or a fragment, {valid}; a key goes into an environment"
            " variable that api_key_env names"
        )
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise ValueError(f"url is {url!r}, {valid}")
    path = f"{parts.path.rstrip('/')}/chat/completions"
    return Address(parts.scheme, parts.hostname, port or PORTS[parts.scheme], path)


def read_key(variable: str) -> str:
    """The API key in an environment variable; empty without a variable.

    Raises:
        ValueError: the variable is not set, or its content cannot be a key (and is not shown).
    """
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ValueError(f"api_key_env is {variable!r}, an environment variable that is not set")
    if not key.isascii() or not key.isprintable():
        raise ValueError(f"the environment variable {variable} holds no key: not printable ASCII")
    return key
