"""Scripted people of the pretraining videos: those who can, those who almost can, and play."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from fmac_ros.sim.world import World
from fmac_ros.tasks import TASKS

Path = Iterable[np.ndarray]

KINDS = ("expert", "recover", "near_miss", "wrong_object", "random")
FRAME_PERIOD = 0.1  # [s]
MAX_FRAMES = 45
HOLD_FRAMES = (4, 8)
GRIP_FRAMES = 3  # the fingers' way from open to closed, and a look
MISS = (0.055, 0.12)  # [m] beside the target, far enough never to solve the task
CORRECTED_MISS = (0.03, 0.10)  # [m]; small ones too, a policy's errors are like that
ARRIVED = 0.006  # [m]
TOGGLE = 0.15  # chance per frame of play that the gripper opens or closes
ATTEMPTS = 3  # of an expert who sees that it did not work


def demonstrate(world: World, kind: str, rng: np.random.Generator) -> Iterator[None]:
    """Move the arm as ``kind`` does, one video frame per item; the world starts reset."""
    mover = _Mover(world, speed=rng.uniform(0.022, 0.038), rng=rng)
    layout, target = world.layout, world.goal.target
    assert layout is not None
    # An expert who starts anew makes the same choices, for things as they lie by then.
    choices = copy.deepcopy(rng)
    waypoints = layout.waypoints(target, rng)

    def again() -> Path:
        return layout.waypoints(target, copy.deepcopy(choices))

    if kind == "random":
        yield from mover.play(int(rng.integers(18, 30)))
    elif kind == "expert":
        yield from mover.along(waypoints)
        yield from _insist(mover, again, world)
    elif kind == "recover":
        if rng.random() < 0.5:
            yield from mover.play(int(rng.integers(4, 14)))
        else:
            yield from mover.along(layout.missed(target, waypoints, CORRECTED_MISS, rng))
            yield from mover.hold(int(rng.integers(0, 3)))
        yield from mover.along(again())
        yield from _insist(mover, again, world)
    elif kind == "near_miss" or (kind == "wrong_object" and len(layout.names) == 1):
        yield from mover.along(layout.missed(target, waypoints, MISS, rng))
    elif kind == "wrong_object":
        other = str(rng.choice(layout.names[1:]))
        yield from mover.along(layout.waypoints(other, rng))
    else:
        raise ValueError(f"kind is {kind!r}, valid: {', '.join(KINDS)}")
    yield from mover.hold(int(rng.integers(*HOLD_FRAMES)))


def _insist(mover: _Mover, again: Callable[[], Path], world: World) -> Iterator[None]:
    """Try again what has not worked."""
    for _ in range(ATTEMPTS - 1):
        if world.ground_truth():
            return
        yield from mover.along(again())


class _Mover:
    """Moves the tool's tip frame by frame, with a hand's small unsteadiness."""

    def __init__(self, world: World, speed: float, rng: np.random.Generator) -> None:
        self._world = world
        self._speed = speed
        self._rng = rng
        self._gripper = TASKS[world.goal.task].gripper
        self._opening = world.rest_opening
        self._orientation = world.arm.tip_orientation()
        self._goal = world.arm.tip()
        self._lower = np.asarray(world.robot.workspace_lower)
        self._upper = np.asarray(world.robot.workspace_upper)

    def along(self, waypoints: Path) -> Iterator[None]:
        """Pass the waypoints in turn, gripping where they say so, and stop at the last."""
        for waypoint in waypoints:
            for _ in range(MAX_FRAMES):
                gap = np.clip(waypoint[:3], self._lower, self._upper) - self._goal
                distance = float(np.linalg.norm(gap))
                if distance < ARRIVED:
                    break
                self._frame(gap * min(1.0, self._speed / distance), noise=0.003)
                yield
            if len(waypoint) > 3:
                yield from self._grip(float(waypoint[3]))

    def _grip(self, opening: float) -> Iterator[None]:
        """Open or close the gripper and wait for it."""
        if opening == self._opening:
            return
        self._opening = opening
        self._world.arm.grip(opening)
        yield from self.hold(GRIP_FRAMES)

    def play(self, frames: int) -> Iterator[None]:
        """Wander: keep a direction for a while, then take another."""
        direction = self._rng.normal(size=3)
        for _ in range(frames):
            if self._rng.random() < 0.25:
                direction = self._rng.normal(size=3)
            if self._gripper and self._rng.random() < TOGGLE:
                self._opening = 1.0 - self._opening
                self._world.arm.grip(self._opening)
            step = direction / np.linalg.norm(direction) * self._rng.uniform(0.2, 1.0)
            self._frame(step * 0.04, noise=0.0)
            yield

    def hold(self, frames: int) -> Iterator[None]:
        """Stay."""
        for _ in range(frames):
            self._frame(np.zeros(3), noise=0.0015)
            yield

    def _frame(self, step: np.ndarray, noise: float) -> None:
        step = step + self._rng.normal(0.0, noise, 3)
        self._goal = np.clip(self._goal + step, self._lower, self._upper)
        arm = self._world.arm
        now, _, _ = arm.state()
        joints = arm.inverse_kinematics(self._goal, self._orientation)
        speed = (joints - now) / FRAME_PERIOD
        self._world.set_trajectory(np.array([FRAME_PERIOD]), joints[None], speed[None])
        self._world.step(FRAME_PERIOD)
