"""What a node says when somebody's quality of service does not fit its own."""

from __future__ import annotations

from rclpy.node import Node

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # before ROS 2 Iron
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks


def of_subscription(node: Node, topic: str) -> SubscriptionEventCallbacks:
    """Logs each publisher that this subscription cannot hear, and what to do."""
    name = node.resolve_topic_name(topic)

    def _on_mismatch(event: object) -> None:
        node.get_logger().error(
            f"a publisher of {name} does not fit, nothing comes from it ({_what(event)}): let it "
            "publish reliably, or subscribe with best effort (sensor_reliability of state_node)"
        )

    return SubscriptionEventCallbacks(incompatible_qos=_on_mismatch)


def of_commands(node: Node, topic: str) -> PublisherEventCallbacks:
    """Logs each controller that cannot hear our commands, and what to do."""
    name = node.resolve_topic_name(topic)

    def _on_mismatch(event: object) -> None:
        node.get_logger().error(
            f"a subscriber of {name} does not fit and hears no command ({_what(event)}): commands "
            "are reliable and volatile, let the controller subscribe so"
        )

    return PublisherEventCallbacks(incompatible_qos=_on_mismatch)


def _what(event: object) -> str:
    """The policy that does not fit, RELIABILITY for example."""
    kind = getattr(event, "last_policy_kind", None)
    name = str(getattr(kind, "name", kind)).rpartition("QOS_POLICY_")[2]
    return name.lower().replace("_", " ")
