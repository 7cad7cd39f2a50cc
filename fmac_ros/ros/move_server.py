"""Serves ``move_arm``: motions to a pose, planned clear of the arm itself and the table.

They pass the same gate as the policy's actions. For arms in real time: in lock-step nobody moves
the world on while the arm stands, and a simulator's reset brings the arm home.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from fmac_ros.action import MoveArm
from fmac_ros.control.controller import ArmController
from fmac_ros.control.gate import finite_vector
from fmac_ros.control.move import Move, lasting_fault
from fmac_ros.control.planner import Path, PathPlanner
from fmac_ros.ros import names
from fmac_ros.ros.move_session import MoveSession
from fmac_ros.ros.path_finding import make_path_planner
from fmac_ros.ros.policy_config import PolicyConfig
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.ros.worker import in_thread
from fmac_ros.types import Observation

EPISODE = "an episode is running"
MOVING = "the arm is on its way to a pose (move_arm)"
LOCKSTEP = "move_arm needs real time (lockstep is true): the simulator's reset brings the arm home"


class MoveServer:
    """One motion at a time, and none beside an episode.

    Args:
        controller: the gate.
        has_arm: who commands the arm, other than the one it is given; empty if nobody.
        now: time for the controller [s].
    """

    def __init__(
        self,
        node: Node,
        config: PolicyConfig,
        controller: ArmController,
        publisher: PolicyPublisher,
        has_arm: Callable[[str], str],
        now: Callable[[float], float],
    ) -> None:
        self._config, self._controller, self._publisher = config, controller, publisher
        self._has_arm, self._now, self._log = has_arm, now, node.get_logger()
        self._session: MoveSession | None = None
        self._planner: PathPlanner = make_path_planner(config, controller, self._log)
        self._server = ActionServer(
            node,
            MoveArm,
            names.MOVE_ARM,
            execute_callback=self._on_move,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    @property
    def running(self) -> bool:
        """A motion is planned or under way."""
        return self._session is not None

    @property
    def commanding(self) -> bool:
        """Commands are due with every observation."""
        return self._session is not None and self._session.move.following

    def handle(self, observation: Observation) -> None:
        """Take an observation."""
        if self._session is not None:
            self._session.handle(observation, self._now(observation.stamp))

    def watch(self) -> None:
        """Look after the running motion; call periodically."""
        if self._session is not None:
            self._session.watch(self._config.observation_timeout)

    async def _on_move(self, handle: ServerGoalHandle) -> MoveArm.Result:
        wanted = handle.request.joint_positions
        refusal = self._refusal(wanted)
        if refusal:
            handle.abort()
            return MoveArm.Result(ok=False, error=refusal)
        goal = np.array(wanted if len(wanted) else self._controller.robot.home, float)
        move = Move(
            self._controller, self._finder(goal), self._config.move_speed, readies=not len(wanted)
        )
        session = self._session = MoveSession(handle, move, self._publisher)
        result: MoveArm.Result = await session.done
        self._session = None
        if not result.ok:
            self._log.warning(f"move_arm ended short of its pose: {result.error}")
        return result

    def _refusal(self, wanted: Sequence[float]) -> str:
        """Why a goal is not even begun, empty if it is."""
        robot = self._controller.robot
        if self._config.lockstep:
            return LOCKSTEP
        if other := MOVING if self.running else self._has_arm(MOVING):
            return other
        if len(wanted) and not finite_vector(np.asarray(wanted), robot.size):
            return f"joint_positions are {list(wanted)}, valid: {robot.size} finite numbers or none"
        return lasting_fault(self._controller)

    def _finder(self, goal: np.ndarray) -> Callable[[np.ndarray], Future[Path]]:
        return lambda start: in_thread(lambda: self._planner.plan(start, goal), "planner")
