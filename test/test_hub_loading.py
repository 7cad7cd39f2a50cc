"""Getting a model from the hub: what it says to somebody who cannot have it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fmac_ros.priors.hub.loading import find_model, hub_errors, version_of_model


class Hub(BaseHTTPRequestHandler):
    """Refuses every request in the way of the hub; the repository's name says how."""

    refusals = {
        "gated": (403, "GatedRepo"),
        "absent": (401, "RepoNotFound"),
        "old": (404, "RevisionNotFound"),
        "busy": (418, ""),
    }

    def do_GET(self) -> None:
        name = next(name for name in self.refusals if f"/{name}" in self.path)
        status, code = self.refusals[name]
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def _hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that stands for the hub, and an empty cache."""
    server = HTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("_hub")
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        (
            "gated",
            "accept its licence at https://huggingface.co/owner/gated, then sign in with 'hf",
        ),
        ("absent", "the hub has no model owner/absent, or it is private"),
        ("old", "owner/old has no such revision"),
        ("busy", "the hub did not give owner/busy: try again later|cannot be reached"),
    ],
)
def test_the_hubs_refusals_say_what_to_do(name: str, advice: str) -> None:
    with pytest.raises(FileNotFoundError, match=advice):
        find_model(f"owner/{name}", revision="v1")


def test_names_that_are_no_models_are_explained() -> None:
    for name in ("a b/c", "word", "./here", "a/b/c"):
        with pytest.raises(FileNotFoundError, match="a directory (or|nor) a hub id owner/name"):
            find_model(name)


@pytest.mark.parametrize("error", [KeyError("size"), TypeError("not a list"), ImportError("foo")])
def test_misfits_of_a_repository_become_value_errors(error: Exception) -> None:
    complaint = "owner/name (is not laid out|needs a package)"
    with pytest.raises(ValueError, match=complaint), hub_errors("owner/name"):
        raise error


def test_the_hubs_commit_is_the_version(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots" / ("0123456789abcdef" * 2)
    folder.mkdir(parents=True)
    assert version_of_model(folder) == "0123456789ab"
