"""Run pip, show what it downloads, and turn its failures into one line."""

from __future__ import annotations

import subprocess
from pathlib import Path

from failure import SetupError

DISK_FULL = ("No space left on device", "Disk quota exceeded")
NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Failed to establish a new connection",
    "NewConnectionError",
    "Cannot connect to proxy",
    "Network is unreachable",
    "Connection refused",
    "timed out",
    "from versions: none",
)


def install(python: Path, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    """``pip install`` with ``arguments``; the whole output goes to ``log``.

    Raises:
        SetupError: pip failed.
    """
    command = [str(python), "-m", "pip", "install", "--progress-bar", "off", *arguments]
    environment = {**environment, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    output: list[str] = []
    for line in process.stdout:
        output.append(line)
        _show(line.strip())
    code = process.wait()
    text = "".join(output)
    raise_if_disk_full(text if code else "")
    log.write_text(text)
    if code:
        raise SetupError(_reason(output, log))


def raise_if_disk_full(output: str) -> None:
    """Raise SetupError where a program's output says that the disk is full."""
    if any(sign in output for sign in DISK_FULL):
        raise SetupError("the disk is full: free some space, then run make setup again")


def _show(line: str) -> None:
    """The lines that a waiting user wants to see: the large downloads."""
    if line.startswith("Downloading") and ("MB" in line or "GB" in line):
        print(f"  {line}", flush=True)


def _reason(output: list[str], log: Path) -> str:
    text = "".join(output)
    if any(sign in text for sign in NO_NETWORK):
        return (
            "pip cannot reach its package index, or the index is not complete: check the network,"
            " the proxy (HTTPS_PROXY) and the mirror (PIP_INDEX_URL), then run make setup again"
        )
    errors = [line.strip() for line in output if line.startswith("ERROR:")] or output[-1:]
    return f"pip failed: {errors[0] if errors else 'no output'} (whole output in {log})"
