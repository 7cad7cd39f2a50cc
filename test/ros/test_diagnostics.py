"""Node health on /diagnostics."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray

from fmac_ros.ros import diagnostics, names, qos


def test_publishes_changes_at_once_and_repeats(ros) -> None:
    node, seen = ros.node(), []
    listener = ros.node("listener")
    listener.create_subscription(
        DiagnosticArray, names.DIAGNOSTICS, lambda m: seen.append(m.status[0]), qos.RELIABLE
    )
    health = diagnostics.Diagnostics(node, hardware_id="arm")
    assert ros.spin_until(lambda: seen)
    health.error("no camera", topic="/front/image_raw")
    assert ros.spin_until(lambda: seen[-1].message == "no camera", timeout=0.5)
    status = seen[-1]
    assert status.name == "/tester" and status.hardware_id == "arm"
    assert status.level == diagnostics.ERROR and status.values[0].value == "/front/image_raw"
    count = len(seen)
    assert ros.spin_until(lambda: len(seen) > count, timeout=2.0)
