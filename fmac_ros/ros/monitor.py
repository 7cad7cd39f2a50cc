"""Listens to a running graph for a display: trainer status and diagnostics."""

from __future__ import annotations

import threading
import time

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from fmac_ros.display import Health, Progress, Snapshot
from fmac_ros.msg import TrainerStatus
from fmac_ros.ros import names, qos
from fmac_ros.ros.spinning import spin_until_shutdown

LEVELS = {
    DiagnosticStatus.OK: "ok",
    DiagnosticStatus.WARN: "warn",
    DiagnosticStatus.ERROR: "error",
    DiagnosticStatus.STALE: "stale",
}
SILENT_S = 5.0  # diagnostics come once a second


class Monitor:
    """A node of the display's own process, spun in a thread. A context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._health: dict[str, tuple[float, Health]] = {}

    def __enter__(self) -> Monitor:
        self._context = rclpy.Context()
        # The process around us decides what a signal does.
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node("fmac_monitor", context=self._context)
        self._node.create_subscription(
            TrainerStatus, names.TRAINER_STATUS, self._on_status, qos.RELIABLE
        )
        self._node.create_subscription(
            DiagnosticArray, names.DIAGNOSTICS, self._on_diagnostics, qos.RELIABLE
        )
        self._thread = threading.Thread(target=self._spin, name="monitor", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        rclpy.shutdown(context=self._context)
        self._thread.join(timeout=2.0)
        self._node.destroy_node()

    @property
    def node(self) -> Node:
        """The monitor's node, for other listeners of the same process."""
        return self._node

    def snapshot(self) -> Snapshot:
        """The newest word of every node; a node that fell silent is stale."""
        now = time.monotonic()
        with self._lock:
            health = {n: _aged(now - at, said) for n, (at, said) in self._health.items()}
            return Snapshot(self._progress, health)

    def _spin(self) -> None:
        spin_until_shutdown(self._node, self._context)

    def _on_status(self, message: TrainerStatus) -> None:
        with self._lock:
            self._progress = progress_from_msg(message)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        now = time.monotonic()
        with self._lock:
            for status in message.status:
                level = LEVELS.get(status.level, "error")
                self._health[status.name.lstrip("/")] = (now, Health(level, status.message))


def progress_from_msg(message: TrainerStatus) -> Progress:
    """Take a TrainerStatus message over into plain data."""
    return Progress(
        state=message.state,
        detail=message.detail,
        episode=message.episode,
        env_steps=message.env_steps,
        env_steps_total=message.env_steps_total,
        updates=message.updates,
        success_rate=message.success_rate,
        policy_version=message.policy_version,
        elapsed_s=message.elapsed_s,
        remaining_s=message.remaining_s,
    )


def _aged(age_s: float, health: Health) -> Health:
    if age_s <= SILENT_S:
        return health
    return Health("stale", f"silent for {age_s:.0f} s (last: {health.message})")
