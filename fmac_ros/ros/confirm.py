"""Tells reset_node that a person has done what it asks for, from another terminal."""

from __future__ import annotations

import rclpy
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from fmac_ros.ros import names


def confirm(timeout: float) -> str:
    """Confirm what is asked; what reset_node answers.

    Raises:
        RuntimeError: nothing is asked, or reset_node is not there within ``timeout`` [s].
    """
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("fmac_confirm", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        client: Client = node.create_client(Trigger, names.SCENE_READY)
        if not client.wait_for_service(timeout):
            raise RuntimeError(
                f"no reset_node in ROS domain {context.get_domain_id()} within {timeout:.0f} s;"
                " set ROS_DOMAIN_ID as the terminal of the training says"
            )
        answer = client.call_async(Trigger.Request())
        executor.spin_until_future_complete(answer, timeout)
        response = answer.result() if answer.done() else None
        if response is None:
            raise RuntimeError(f"reset_node did not answer within {timeout:.0f} s")
        if not response.success:
            raise RuntimeError(response.message)
        return str(response.message)
    finally:
        executor.shutdown(timeout_sec=1.0)
        node.destroy_node()
        rclpy.shutdown(context=context)
