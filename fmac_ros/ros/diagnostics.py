"""What a node says of its own health on ``/diagnostics``."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fmac_ros.ros import names, qos
from fmac_ros.ros.publishing import publish

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR
STALE = DiagnosticStatus.STALE

_PERIOD = 1.0  # [s], as diagnostic aggregators expect


class Diagnostics:
    """One status per node, published when it changes and once a second.

    The timer runs on the steady clock: a stopped simulation still reports.
    """

    def __init__(self, node: Node, hardware_id: str = "") -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, names.DIAGNOSTICS, qos.RELIABLE)
        self._status = DiagnosticStatus(
            name=node.get_fully_qualified_name(), hardware_id=hardware_id, message="starting"
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        node.create_timer(_PERIOD, self._publish, clock=steady)

    def ok(self, message: str = "ok", **values: object) -> None:
        """All is well; ``values`` are shown beside it."""
        self.set(OK, message, **values)

    def warn(self, message: str, **values: object) -> None:
        """It works, but somebody should look."""
        self.set(WARN, message, **values)

    def error(self, message: str, **values: object) -> None:
        """It does not work; the message says what to do."""
        self.set(ERROR, message, **values)

    def set(self, level: bytes, message: str, **values: object) -> None:
        """State level and message, publishing at once when one of them changed."""
        changed = (level, message) != (self._status.level, self._status.message)
        self._status.level = level
        self._status.message = message
        self._status.values = [KeyValue(key=k, value=str(v)) for k, v in values.items()]
        if changed:
            self._publish()

    def _publish(self) -> None:
        message = DiagnosticArray(status=[self._status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        publish(self._node, self._publisher, message)
