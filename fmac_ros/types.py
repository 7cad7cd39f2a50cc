"""The plain data that the core passes around. No ROS, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

BEHAVIOURS = ("policy", "random", "prior")
SPLITS = ("train", "eval")
GRIPPER_HOLD = 4  # [steps]
LONGEST_ID, LONGEST_TASK = 200, 1000  # characters


@dataclass(frozen=True)
class Observation:
    """What the robot saw and measured at one instant.

    Attributes:
        stamp: time of the data [s], from the data's own header.
        camera_names: names of the cameras, in the order of ``images``.
        images: one (h, w, 3) uint8 RGB array per camera.
        joint_positions: (n,) [rad], in the order of ``RobotConfig.joint_names``.
        joint_velocities: (n,) [rad/s], same order.
        finger_positions: (f,) [m], in the order of ``RobotConfig.gripper_joint_names``; empty
            where the robot does not tell.
        finger_velocities: (f,) [m/s], same order.
    """

    stamp: float
    camera_names: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    joint_positions: np.ndarray
    joint_velocities: np.ndarray
    finger_positions: np.ndarray = field(default_factory=lambda: np.zeros(0))
    finger_velocities: np.ndarray = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class RolloutSpec:
    """One episode to run.

    Attributes:
        behaviour: ``policy`` acts with pi, ``random`` plays, ``prior`` follows the
            imagined video through the inverse dynamics model.
        horizon: time limit [steps]; reaching it truncates the episode.
        seed: draws the layout and the actor's noise.
        deterministic: act with the mean of the policy.
        stop_on_success: end the episode when the success prior says so.
        gripper_hold: steps that the noise of a gripper's switch is held for (``switching``).
        split: which layouts the seed draws from, ``train`` or ``eval``.
    """

    episode_id: str
    task: str
    behaviour: str
    horizon: int
    seed: int
    deterministic: bool = False
    stop_on_success: bool = True
    split: str = "train"
    gripper_hold: int = GRIPPER_HOLD

    def __post_init__(self) -> None:
        if self.behaviour not in BEHAVIOURS:
            raise ValueError(f"behaviour is {self.behaviour!r}, valid: {', '.join(BEHAVIOURS)}")
        if self.split not in SPLITS:
            raise ValueError(f"split is {self.split!r}, valid: {', '.join(SPLITS)}")
        for name, most in ("episode_id", LONGEST_ID), ("task", LONGEST_TASK):
            length = len(getattr(self, name))
            if length > most:
                raise ValueError(f"{name} has {length} characters, valid: {most} or fewer")
        if self.horizon < 1:
            raise ValueError(f"horizon is {self.horizon} steps, valid: 1 or more")
        if self.gripper_hold < 1:
            raise ValueError(f"gripper_hold is {self.gripper_hold} steps, valid: 1 or more")


@dataclass(frozen=True)
class Episode:
    """One finished rollout tau of T steps.

    Attributes:
        pictures: (T+1, h, w, 3) uint8, the cameras of each state side by side.
        proprio: (T+1, p) float32.
        actions: (T, a) float32, the actions that passed the gate.
        terminated: the success prior ended it.
        truncated: the time limit ended it.
        policy_version: version of the parameters that acted.
        holds: steps in which the gate held the arm.
    """

    id: str
    task: str
    pictures: np.ndarray
    proprio: np.ndarray
    actions: np.ndarray
    terminated: bool
    truncated: bool
    behaviour: str
    policy_version: int
    holds: int = 0

    @property
    def steps(self) -> int:
        """Number of transitions T."""
        return len(self.actions)


@dataclass(frozen=True)
class PriorLabels:
    """What the foundation priors say of one episode of T steps.

    Attributes:
        values: (T+1,) float32, M_V(s_t | T).
        successes: (T+1,) float32 in {0, 1}, M_R(s_t | T).
        success_scores: (T+1,) float32, the probability behind the verdict.
        imagined: (T, c, h, w) float16, latent s_hat_{t+1} imagined from each s_t.
    """

    values: np.ndarray
    successes: np.ndarray
    success_scores: np.ndarray
    imagined: np.ndarray
