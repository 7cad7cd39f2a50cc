"""The proof that messages flow on this machine."""

from __future__ import annotations

import subprocess
import sys


def test_a_message_comes_back() -> None:
    command = [sys.executable, "-m", "fmac_ros.ros.loopback"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "came back after" in done.stdout
