"""What arms, stops and slows an arm, from ROS: one parameter and two topics."""

from __future__ import annotations

from collections.abc import Callable

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, Float64
from std_srvs.srv import SetBool

from fmac_ros.control.interlock import Interlock
from fmac_ros.ros import names, qos

ARMED = "armed"


class InterlockInputs:
    """Lets an operator arm and disarm, and listens to emergency stop, speed scaling and robot.

    Arming is the node's parameter ``armed``, the one that may be set while it runs, or the
    service ``~/arm``; the answer of both says why it is refused. What the command line or a
    file says of the parameter is ignored, so that a restart does not arm.

    Args:
        changed: called after every change.
        scaling_topic: std_msgs/Float64 with the robot's speed scaling.
        full_scaling: its value at full speed; 100 for a percentage.
        ready_topic: std_msgs/Bool, latched, of the robot's driver; empty where none says.
    """

    def __init__(
        self,
        node: Node,
        interlock: Interlock,
        changed: Callable[[], None],
        scaling_topic: str = names.SPEED_SCALING,
        full_scaling: float = 1.0,
        ready_topic: str = "",
    ) -> None:
        self._node = node
        self._interlock = interlock
        self._changed = changed
        self._full = full_scaling
        description = "an operator lets the arm move; false holds it"
        descriptor = ParameterDescriptor(description=description)
        node.declare_parameter(ARMED, interlock.armed, descriptor, ignore_override=True)
        node.add_on_set_parameters_callback(self._on_parameters)
        node.create_service(SetBool, "~/arm", self._on_arm)
        node.create_subscription(Bool, names.EMERGENCY_STOP, self._on_stop, qos.RELIABLE)
        node.create_subscription(Float64, scaling_topic, self._on_scaling, qos.SENSOR)
        if ready_topic:
            node.create_subscription(Bool, ready_topic, self._on_ready, qos.LATCHED)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        wanted = [parameter for parameter in parameters if parameter.name == ARMED]
        if any(parameter.type_ != Parameter.Type.BOOL for parameter in wanted):
            return SetParametersResult(successful=False, reason=f"{ARMED} is true or false")
        for parameter in wanted:
            refusal = self._set(bool(parameter.value))
            if refusal:
                return SetParametersResult(successful=False, reason=refusal)
        return SetParametersResult(successful=True)

    def _on_arm(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        (answer,) = self._node.set_parameters([Parameter(ARMED, value=request.data)])
        response.success, response.message = answer.successful, answer.reason
        return response

    def tell(self) -> None:
        """Let the parameter say what is true, after something else has disarmed."""
        if not self._interlock.armed and self._node.get_parameter(ARMED).value:
            self._node.set_parameters([Parameter(ARMED, value=False)])

    def _set(self, armed: bool) -> str:
        """Arm or disarm; why not, if it is refused."""
        refusal = ""
        if armed:
            refusal = self._interlock.arm()
        elif self._interlock.armed:
            self._interlock.disarm()
        self._changed()
        return refusal

    def _on_stop(self, message: Bool) -> None:
        self._interlock.emergency_stop(message.data)
        self._follow()

    def _on_ready(self, message: Bool) -> None:
        self._interlock.robot_ready(message.data)
        self._follow()

    def _follow(self) -> None:
        """Let the parameter say what an input has made of it."""
        self.tell()
        self._changed()

    def _on_scaling(self, message: Float64) -> None:
        self._interlock.scale(message.data / self._full)
        self._changed()
