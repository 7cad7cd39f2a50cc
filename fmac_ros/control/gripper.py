"""The gripper as a policy moves it: open it, close it, or leave it as it was told before.

A hand that has closed on nothing cannot grasp, and a small picture hardly tells. ``EmptyHand``
opens it again. Our addition. What opens it is the hand, not the policy, whose action is stored as
it was: else most stored actions would open, and a policy that learns their habit would too.
"""

from __future__ import annotations

import numpy as np

from fmac_ros.robots import RobotConfig

OPEN, CLOSED = 1.0, 0.0
DEAD_ZONE = 1 / 3  # an action nearer to 0 leaves the gripper: a grasp survives a noisy policy
FINGER_SPEED = 0.2  # [m/s]
EMPTY = 0.05  # opening below which there is nothing between the fingers
REOPENED = 4  # [steps] that a hand stays open for: two to open, two to move on


def opening_of(robot: RobotConfig, positions: np.ndarray) -> float:
    """Opening from 0, closed, to 1, open, of finger ``positions`` (f,) [m]."""
    closed, opened = np.array(robot.gripper_closed), np.array(robot.gripper_open)
    share = np.mean((np.asarray(positions) - closed) / (opened - closed))
    return float(np.clip(share, CLOSED, OPEN))


def finger_positions(robot: RobotConfig, opening: float) -> np.ndarray:
    """Finger positions (f,) [m] of an opening; outside 0 to 1 it is taken to the nearer end."""
    closed, opened = np.array(robot.gripper_closed), np.array(robot.gripper_open)
    return closed + np.clip(opening, CLOSED, OPEN) * (opened - closed)


def wanted_opening(action: float, before: float) -> float:
    """The opening that an action in [-1, 1] asks for, after one that asked for ``before``."""
    if abs(action) <= DEAD_ZONE:
        return before
    return OPEN if action > 0 else CLOSED


class EmptyHand:
    """Notices a hand that closed on nothing, and has it open for ``REOPENED`` steps."""

    def __init__(self) -> None:
        self._left = 0

    def forget(self) -> None:
        """Begin anew: nothing has closed yet."""
        self._left = 0

    def opens(self, opening: float) -> bool:
        """Whether it opens in this step, whatever it is told. Ask once a step.

        Args:
            opening: measured, from 0, closed, to 1, open.
        """
        if opening < EMPTY:
            self._left = REOPENED
        elif self._left:
            self._left -= 1
        return self._left > 0


class Hand:
    """What the gripper was told last, where actions move it.

    Args:
        reopens: a hand that has closed on nothing opens again.

    Attributes:
        opening: that it is brought to, from 0, closed, to 1, open; None where it is left alone.
    """

    def __init__(self, robot: RobotConfig, reopens: bool) -> None:
        self._robot = robot
        self._empty = EmptyHand() if reopens else None
        self.opening: float | None = None

    def reset(self, fingers: np.ndarray) -> None:
        """Take the measured finger positions (f,) [m] for the commanded ones."""
        self.opening = opening_of(self._robot, fingers)
        if self._empty is not None:
            self._empty.forget()

    def move(self, action: float, fingers: np.ndarray) -> None:
        """Do the gripper's component of an action, or open an empty hand.

        Args:
            action: in [-1, 1].
            fingers: measured positions (f,) [m].
        """
        if self._empty is not None and self._empty.opens(opening_of(self._robot, fingers)):
            self.opening = OPEN
        elif self.opening is not None:
            self.opening = wanted_opening(action, self.opening)


def stroke_time(robot: RobotConfig) -> float:
    """How long the fingers need from open to closed [s]."""
    stroke = np.abs(np.subtract(robot.gripper_open, robot.gripper_closed))
    return float(stroke.max()) / FINGER_SPEED
