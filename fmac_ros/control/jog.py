"""A small step of the tool tip, for a person who moves the arm from a joystick."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.controller import ArmController, Command
from fmac_ros.control.trajectory import MotionState, PlanError, Trajectory, plan
from fmac_ros.types import Observation

STEP = 0.01  # [m] per control period at a full stick: 10 cm/s at 10 Hz
TURNED = 0.05  # [rad] that the tool may turn in a step
STILL = 0.05  # [rad/s]


class Jog:
    """Moves the tip along the world's axes with the tool's orientation kept.

    Each step passes the gate and ends at rest: an arm whose joystick falls silent stops.
    """

    def __init__(self, controller: ArmController) -> None:
        self._controller = controller
        self._holds = False  # the commanded state is ours

    def release(self) -> None:
        """Nobody jogs any more; the last step ends at rest by itself."""
        self._holds = False

    def step(self, observation: Observation, stick: np.ndarray, now: float) -> Command | None:
        """Go on for ``stick`` (3,), -1 to 1 along x, y and z; None until the arm stands."""
        controller = self._controller
        if not self._holds:
            moving = np.max(np.abs(observation.joint_velocities), initial=0.0) > STILL
            if moving or not controller.resting(now):
                return None
            controller.reset(observation)
            self._holds = True
        command = controller.follow(observation, lambda *at: self._piece(stick, *at), now)
        self._holds = not command.held  # it goes on from where the arm is then
        return command

    def _piece(self, stick: np.ndarray, state: MotionState, scaling: float) -> Trajectory:
        if not np.all(np.isfinite(stick)):
            raise PlanError(f"the stick is at {stick}, valid: finite numbers")
        kinematics = self._controller.kinematics
        tip, rotation = kinematics.forward(state.q)
        goal = tip + STEP * scaling * np.clip(stick, -1, 1)
        target = kinematics.solve(state.q, goal, rotation)
        reached, turned = kinematics.forward(target)
        turn = np.linalg.norm(turned - rotation) / np.sqrt(2)
        if np.linalg.norm(reached - goal) > STEP / 2 or turn > TURNED:
            raise PlanError(f"the tip cannot go on to {goal.round(3)} m")
        return plan(self._controller.robot, state, target)
