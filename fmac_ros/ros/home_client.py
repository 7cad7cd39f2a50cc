"""Brings the arm home through policy_node's ``move_arm``, from a worker thread."""

from __future__ import annotations

import time

from rclpy.action import ActionClient
from rclpy.node import Node

from fmac_ros.action import MoveArm
from fmac_ros.control.move import BY_A_PERSON
from fmac_ros.ros import names
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.jog_input import JOGGING
from fmac_ros.ros.move_server import EPISODE, MOVING

SERVER_PATIENCE = 30.0  # [s] for policy_node to be there
ACCEPT_PATIENCE = 5.0  # [s] for a goal to be accepted
BUSY_PATIENCE = 60.0  # [s] for an episode or a motion that is under way
SILENCE = 30.0  # [s] without feedback; planning may take some
RETRY_PERIOD = 1.0  # [s]
BUSY = (EPISODE, MOVING, JOGGING)


class HomeClient:
    """Client of ``move_arm``."""

    def __init__(self, node: Node) -> None:
        self._client: ActionClient = ActionClient(node, MoveArm, names.MOVE_ARM)
        self._heard = 0.0

    def go(self, caller: Caller) -> None:
        """Bring the arm home, waiting for a person to arm it and for what is under way.

        Raises:
            Stopped: the wait is ended.
            Refused: the arm cannot go home; the text says why and what to do.
            Unanswered: policy_node is not there or does not answer.
        """
        busy_until = time.monotonic() + BUSY_PATIENCE
        while True:
            caller.tell("the arm moves home")
            error = self._try(caller)
            if not error:
                return
            if error.endswith(BY_A_PERSON):
                caller.tell(f"the arm cannot move home: {error}")
            elif error.startswith(BUSY) and time.monotonic() < busy_until:
                caller.tell(f"the arm moves home soon: {error}")
            else:
                raise Refused(error)
            caller.pause(RETRY_PERIOD)

    def _try(self, caller: Caller) -> str:
        """Ask once; why the arm is not home, empty if it is."""
        caller.await_ready(self._client.server_is_ready, "policy_node", SERVER_PATIENCE)
        sent = self._client.send_goal_async(MoveArm.Goal(), feedback_callback=self._on_feedback)
        handle = caller.wait(sent, ACCEPT_PATIENCE, "policy_node")
        if not handle.accepted:
            raise Unanswered("policy_node did not accept move_arm")
        self._heard = time.monotonic()

        def refuse_silence() -> None:
            if time.monotonic() - self._heard > SILENCE:
                raise Unanswered(f"policy_node says nothing of move_arm for {SILENCE:.0f} s")

        result = caller.watch(handle.get_result_async(), refuse_silence).result
        if not (result.ok or result.error):
            raise Unanswered("policy_node does not know the motion any more")
        return str(result.error)

    def _on_feedback(self, message: MoveArm.Impl.FeedbackMessage) -> None:
        self._heard = time.monotonic()
