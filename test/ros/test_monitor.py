"""The display's listener hears trainer and diagnostics."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from fmac_ros.display import Health, Snapshot
from fmac_ros.msg import TrainerStatus
from fmac_ros.ros import monitor, names, qos


def hear(ros: Any, listener: monitor.Monitor, done: Any) -> Snapshot:
    """Publish status and diagnostics until the listener's snapshot is as wanted."""
    node = ros.node()
    status = node.create_publisher(TrainerStatus, names.TRAINER_STATUS, qos.RELIABLE)
    health = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.RELIABLE)

    def heard() -> bool:
        status.publish(TrainerStatus(state="collecting", episode=3, env_steps=90))
        said = DiagnosticStatus(level=DiagnosticStatus.WARN, name="/state_node", message="no front")
        health.publish(DiagnosticArray(status=[said]))
        return bool(done(listener.snapshot()))

    assert ros.spin_until(heard, timeout=10.0)
    return listener.snapshot()


def test_snapshot_holds_the_newest_word(ros: Any) -> None:
    with monitor.Monitor() as listener:
        assert listener.snapshot() == Snapshot(None, {})
        found = hear(ros, listener, lambda s: s.progress and s.health)
    assert found.progress is not None
    assert (found.progress.state, found.progress.episode, found.progress.env_steps) == (
        *("collecting", 3),
        90,
    )
    assert found.health == {"state_node": Health("warn", "no front")}


def test_a_silent_node_is_stale(ros: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monitor.Monitor() as listener:
        hear(ros, listener, lambda s: s.health)
        monkeypatch.setattr(monitor, "SILENT_S", -1.0)
        health = listener.snapshot().health["state_node"]
    assert health.level == "stale"
    assert "last: no front" in health.message


def test_signals_stay_with_the_process_around_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    with monitor.Monitor(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    assert signal.getsignal(signal.SIGINT) is before
