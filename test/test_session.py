"""What surrounds a running graph."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from fmac_ros.cli.session import AT_ONCE, interruptible, node_command
from fmac_ros.graph import NodeSpec


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_wish_to_end_is_an_interrupt(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), number)
        signal.pause()
    assert signal.getsignal(number) == before


def test_signals_that_come_together_are_one_interrupt_and_a_later_one_another() -> None:
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(AT_ONCE)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()


def test_command_of_a_node() -> None:
    spec = NodeSpec("state_node", "fmac_ros.nodes.state_node", {})
    command = node_command(spec, Path("parameters.yaml"))
    assert command[:3] == [sys.executable, "-m", "fmac_ros.nodes.state_node"]
    assert command[-2:] == ["--params-file", "parameters.yaml"]
    assert "__node:=state_node" in command
