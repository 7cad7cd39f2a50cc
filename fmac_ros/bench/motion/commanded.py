"""Every command that an arm was sent, checked anew, apart from the gate that let it pass."""

from __future__ import annotations

import numpy as np

from fmac_ros.control.trajectory import Trajectory
from fmac_ros.robots import RobotConfig, vendor_limits

TICK = 1e-3  # [s], at which a controller interpolates
ROUNDING = 1e-3  # part of a limit that rounding may use up
ON_PATH = 1e-3  # [rad, 10 rad/s] between the start of a command and the motion that it replaces
AT_ARM = 0.05  # [rad] between the start of a command and the arm, where it starts anew there


class CommandedMotion:
    """Takes commands in turn and notes what is wrong with them.

    Positions, velocities, accelerations and the swing of accelerations between samples must
    keep the robot's limits, which have margins. Between samples the motion is interpolated at
    1 kHz with the polynomial that a joint_trajectory_controller uses, and its differences must
    keep the vendor's limits; differences of 1 ms are exact enough for a polynomial. Every
    command must end at rest. It must go on from the motion that it replaces, at the moment that
    its stamp names and with the same velocity, or start anew where the arm is.

    Attributes:
        violations: one sentence each.
        commands: commands taken.
    """

    def __init__(self, robot: str, config: RobotConfig) -> None:
        self._robot = config
        self._vendor = vendor_limits(robot)
        self._last: tuple[float, Trajectory] | None = None
        self.violations: list[str] = []
        self.commands = 0

    def add(self, start: float, trajectory: Trajectory, measured: np.ndarray | None) -> None:
        """Take one command.

        Args:
            start: when it starts [s].
            measured: (n,) where the arm is as it comes [rad], None if unknown.
        """
        self.commands += 1
        found = self._shape(trajectory) or self._samples(trajectory) or self._between(trajectory)
        found = found or self._start(start, trajectory, measured)
        if found:
            self.violations.append(f"command {self.commands}: {found}")
        self._last = start, trajectory

    def _shape(self, path: Trajectory) -> str:
        arrays = (path.times, path.positions, path.velocities, path.accelerations)
        if not all(np.isfinite(array).all() for array in arrays):
            return "a value is not finite"
        if len(path.times) < 2 or np.any(np.diff(path.times) <= 0):
            return "times do not increase"
        if np.abs(path.velocities[-1]).max() > 0 or np.abs(path.accelerations[-1]).max() > 0:
            return "it does not end at rest"
        return ""

    def _samples(self, path: Trajectory) -> str:
        robot, some = self._robot, 1 + ROUNDING
        # An arm that is past a limit may come back.
        lower = np.minimum(robot.lower, path.positions[0]) - ROUNDING
        upper = np.maximum(robot.upper, path.positions[0]) + ROUNDING
        if np.any(path.positions < lower) or np.any(path.positions > upper):
            return "a sample is out of the joint range"
        if np.any(np.abs(path.velocities) > robot.velocity * some):
            return f"a velocity is {_worst(path.velocities, robot.velocity):.2f} of its limit"
        if np.any(np.abs(path.accelerations) > robot.acceleration * some):
            share = _worst(path.accelerations, robot.acceleration)
            return f"an acceleration is {share:.2f} of its limit"
        jerk = np.diff(path.accelerations, axis=0) / np.diff(path.times)[:, None]
        if np.any(np.abs(jerk) > robot.jerk * 1.01 + 0.1):
            return f"a jerk is {_worst(jerk, robot.jerk):.2f} of its limit"
        return ""

    def _between(self, path: Trajectory) -> str:
        rates = path.positions_every(TICK)
        for name in ("velocity", "acceleration", "jerk"):
            rates = np.diff(rates, axis=0) / TICK
            limit = self._vendor[name]
            if len(rates) and np.any(np.abs(rates) > limit * (1 + ROUNDING)):
                return f"between samples a {name} is {_worst(rates, limit):.2f} of the vendor's"
        return ""

    def _start(self, start: float, path: Trajectory, measured: np.ndarray | None) -> str:
        first = path.positions[0]
        gaps = [np.inf] if measured is None else [float(np.abs(first - measured).max() - AT_ARM)]
        if self._last is not None:
            then = self._last[1].at(start - self._last[0])
            kick = np.abs(path.velocities[0] - then.v).max() / 10
            gaps.append(float(max(np.abs(first - then.q).max(), kick) - ON_PATH))
        if min(gaps) <= 0 or not np.isfinite(min(gaps)):
            return ""
        return f"it starts {min(gaps):.3f} rad beside the motion before and the arm"


def _worst(values: np.ndarray, limits: np.ndarray) -> float:
    return float(np.max(np.abs(values) / limits))
