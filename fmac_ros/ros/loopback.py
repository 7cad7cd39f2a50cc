"""Send one message to oneself through the middleware: proof that ROS works on this machine.

``python -m fmac_ros.ros.loopback`` exits with 0 when the message came back.
"""

from __future__ import annotations

import sys
import time

import rclpy

from fmac_ros.msg import GateStatus

TIMEOUT_S = 10.0
TOPIC = "loopback"


def loopback(timeout_s: float = TIMEOUT_S) -> float | None:
    """Seconds until a message came back, None where none did within ``timeout_s``."""
    node = rclpy.create_node("loopback")
    received: list[GateStatus] = []
    node.create_subscription(GateStatus, TOPIC, received.append, 1)
    publisher = node.create_publisher(GateStatus, TOPIC, 1)
    began = time.monotonic()
    while not received and time.monotonic() - began < timeout_s:
        publisher.publish(GateStatus())
        rclpy.spin_once(node, timeout_sec=0.05)
    node.destroy_node()
    return time.monotonic() - began if received else None


def main() -> int:
    """Exit code 0 when the message came back."""
    rclpy.init()
    try:
        took_s = loopback()
    finally:
        rclpy.shutdown()
    if took_s is None:
        print(f"no message came back within {TIMEOUT_S:.0f} s", file=sys.stderr)
        return 1
    print(f"a message came back after {1000 * took_s:.0f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
