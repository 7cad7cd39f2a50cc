"""policy_node: runs episodes on the robot, at most one at a time, as a ROS action.

Each new observation is answered with one command, which passes the gate. A newer goal
replaces the running one: whoever sent that may be gone. Between episodes it moves the arm to a
pose on request (``move_arm``).
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fmac_ros.action import Rollout as RolloutAction
from fmac_ros.chooser import Chooser
from fmac_ros.control.actions import action_size
from fmac_ros.control.controller import ArmController
from fmac_ros.learning.actor import Actor
from fmac_ros.learning.tensors import FormatError
from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.msg import PolicyParameters
from fmac_ros.priors.registry import load_encoder
from fmac_ros.priors.text import sentence_encoder
from fmac_ros.robots import RobotConfig, load_robot
from fmac_ros.rollout import TIME_JUMP, Rollout
from fmac_ros.ros import names, qos
from fmac_ros.ros.arm_guard import ArmGuard
from fmac_ros.ros.conversions import ConversionError, msg_to_observation
from fmac_ros.ros.described_arm import DescribedArm
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.grippers import Gripper, make_gripper
from fmac_ros.ros.jog_input import JOGGING, JogInput
from fmac_ros.ros.move_server import EPISODE, MOVING, MoveServer
from fmac_ros.ros.parameters import ParameterError, declare
from fmac_ros.ros.policy_config import PolicyConfig
from fmac_ros.ros.policy_publisher import PolicyPublisher
from fmac_ros.ros.prior_queries import SuccessQuery, VideoQuery
from fmac_ros.ros.publishing import brief
from fmac_ros.ros.rollout_session import Ports, RolloutSession
from fmac_ros.ros.run import run_node
from fmac_ros.ros.threads import one_torch_thread
from fmac_ros.types import GRIPPER_HOLD, Observation, RolloutSpec

_WATCH_PERIOD = 0.2  # [s]
_CLOCK_LAG = 0.1  # [s] by which a simulated clock may be heard late
_REPLACED = "replaced by a newer rollout"


class PolicyNode(Node):
    """Serves ``rollout``; publishes commands, transitions and the state of the gate."""

    def __init__(self, **options: Any) -> None:
        super().__init__("policy_node", **options)
        self._config = declare(self, PolicyConfig)
        self._actor: Actor | None = None
        self._session: RolloutSession | None = None
        self._moves: MoveServer | None = None
        self._jog: JogInput | None = None
        self._latest: Observation | None = None
        self._used_until = -math.inf  # stamp of the last state that a rollout has seen [s]
        self._diagnostics = Diagnostics(self)
        self._load()
        self.create_subscription(
            PolicyParameters, names.POLICY_PARAMETERS, self._on_parameters, qos.LATCHED
        )
        self.create_subscription(
            ObservationMessage, names.OBSERVATION, self._on_observation, qos.OBSERVATION
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_WATCH_PERIOD, self._on_watch, clock=steady)

    def _load(self) -> None:
        config = self._config
        try:
            robot = load_robot(config.robot)
            self._joint_names = robot.joint_names
            self._finger_names = robot.gripper_joint_names
            grips = action_size(config.action_space, robot)[1]
            gripper = self._make_gripper(robot, grips)
            self._publisher = PolicyPublisher(self, robot, gripper, config.controller)
            self._guard = ArmGuard(self, config, self._publisher, lambda: self._now(0.0))
            self._arm = DescribedArm(
                self,
                robot,
                config.action_space,
                self._guard.interlock,
                self._serve,
                config.follow_timeout,
            )
            encoder = load_encoder(config.priors)
        except (ValueError, OSError) as error:
            raise ParameterError(f"parameters of policy_node: {error}") from error
        self._ports = Ports(
            encoder=encoder,
            publisher=self._publisher,
            success=SuccessQuery(self),
            video=VideoQuery(self, config.look_ahead),
            now=self._now,
            lockstep=config.lockstep,
        )

    def _make_gripper(self, robot: RobotConfig, grips: bool) -> Gripper | None:
        """The gripper that actions move, or that is closed once when the arm moves home."""
        if not grips and (self._config.lockstep or not robot.gripper_joint_names):
            return None
        try:
            return make_gripper(self, robot, self._config.gripper_action)
        except ValueError as error:
            if grips:
                raise
            self.get_logger().warning(f"the gripper stays as it is, close it by hand: {error}")
            return None

    def _serve(self, controller: ArmController) -> None:
        """Offer rollouts and motions: it is known what the arm is like."""
        self._guard.controller = controller
        self._moves = MoveServer(
            self, self._config, controller, self._publisher, self._has_arm, self._now
        )
        if not self._config.lockstep:
            self._jog = JogInput(self, controller, self._publisher, self._has_arm, self._now)
        self._server = ActionServer(
            self,
            RolloutAction,
            names.ROLLOUT,
            execute_callback=self._on_rollout,
            cancel_callback=lambda goal: CancelResponse.ACCEPT,
        )

    def _has_arm(self, but: str) -> str:
        """Who commands the arm, other than ``but``; empty if nobody."""
        found = {
            EPISODE: self._session is not None,
            MOVING: self._moves is not None and self._moves.running,
            JOGGING: self._jog is not None and self._jog.active,
        }
        return next((who for who, has in found.items() if has and who != but), "")

    def _now(self, stamp: float) -> float:
        """Time [s]; a lock-step world stands still at the stamp that is answered."""
        return stamp if self._config.lockstep else self.get_clock().now().nanoseconds / 1e9

    def _on_parameters(self, message: PolicyParameters) -> None:
        try:
            actor = Actor.from_bytes(bytes(message.data))
            actor.version = message.version  # a pair of runs counts through both of them
            self._actor = actor
        except FormatError as error:
            self.get_logger().error(f"policy parameters of {message.run_id} refused: {error}")
        self._feed()  # an episode may have waited for them

    def _on_observation(self, message: ObservationMessage) -> None:
        try:
            observation = msg_to_observation(message, self._joint_names, self._finger_names)
        except ConversionError as error:
            self._diagnostics.error(f"observation refused: {error}")
            return
        if observation.stamp < self._used_until - TIME_JUMP:
            self._used_until = -math.inf  # a simulator that was restarted
        self._latest = observation
        if self._moves is not None:
            self._moves.handle(observation)
        if self._jog is not None:
            self._jog.handle(observation)
        self._feed()

    def _feed(self) -> None:
        """Let the running episode see the newest observation."""
        if self._session is not None and self._latest is not None:
            self._session.handle(self._latest)
            self._used_until = max(self._used_until, self._session.rollout.seen_until)

    async def _on_rollout(self, goal: ServerGoalHandle) -> RolloutAction.Result:
        if self._session is not None:
            self._session.finish(_REPLACED)
        try:
            session = self._start(goal)
        except ValueError as error:
            goal.abort()
            return RolloutAction.Result(ok=False, error=brief(error))
        self._session = session
        self._feed()
        result: RolloutAction.Result = await session.done
        self._report(session, result)
        if result.ok:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return result

    def _start(self, goal: ServerGoalHandle) -> RolloutSession:
        request = goal.request
        spec = RolloutSpec(
            episode_id=request.episode_id,
            task=request.task,
            behaviour=request.behaviour,
            horizon=request.horizon,
            seed=request.seed,
            deterministic=request.deterministic,
            stop_on_success=request.stop_on_success,
            gripper_hold=request.gripper_hold or GRIPPER_HOLD,
        )
        controller = self._guard.controller
        assert controller is not None  # there is no action server before
        if other := self._has_arm(but=EPISODE):
            raise ValueError(other)
        # Only states from after the goal count: the reset, for one, comes before it.
        clock = self.get_clock().now().nanoseconds / 1e9
        clock += 0.0 if self._config.lockstep else _CLOCK_LAG
        start = max(clock, math.nextafter(self._used_until, math.inf))
        rollout = Rollout(spec, controller, start, self._config.success_frames)
        space, wanted = controller.space, request.min_policy_version
        chooser = Chooser(spec, lambda: self._actor, space.size, wanted, _embed, space.switch)
        return RolloutSession(goal, rollout, chooser, self._ports)

    def _on_watch(self) -> None:
        if self._session is not None:
            self._session.watch(self._config.observation_timeout, self._config.policy_timeout)
        running = self._session is not None and not self._session.done.done()
        moving = self._moves is not None and self._moves.running
        if self._moves is not None:
            self._moves.watch()
        self._guard.watch(running or (self._moves is not None and self._moves.commanding))
        if self._arm.waits_for:
            self._diagnostics.warn(self._arm.waits_for)
            return
        self._diagnostics.ok(
            "running an episode" if running else "moving to a pose" if moving else "ready",
            commands=self._publisher.commands,
            holds=self._publisher.holds,
            policy_version=self._actor.version if self._actor is not None else 0,
        )

    def _report(self, session: RolloutSession, result: RolloutAction.Result) -> None:
        if session is self._session:
            self._session = None
        if not result.ok:
            spec = session.rollout.spec
            self.get_logger().warning(
                f"episode {spec.episode_id} aborted after {result.steps} steps: {result.error}"
            )


def _embed(sentence: str) -> np.ndarray:
    """Load the text encoder only for a sentence that the policy was not trained on."""
    return sentence_encoder().encode(sentence)


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    one_torch_thread()
    return run_node(PolicyNode)


if __name__ == "__main__":
    sys.exit(main())
