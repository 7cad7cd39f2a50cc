"""Scripted people of the pretraining videos: those who can, those who almost can, and play."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fmac_ros.sim.world import World

Path = list[np.ndarray]

KINDS = ("expert", "recover", "near_miss", "wrong_object", "random")
FRAME_PERIOD = 0.1  # [s]
MAX_FRAMES = 45
HOLD_FRAMES = (4, 8)
MISS = (0.055, 0.12)  # [m] beside the target, far enough never to solve the task
CORRECTED_MISS = (0.03, 0.10)  # [m]; small ones too, a policy's errors are like that
ARRIVED = 0.006  # [m]


def demonstrate(world: World, kind: str, rng: np.random.Generator) -> Iterator[None]:
    """Move the arm as ``kind`` does, one video frame per item; the world starts reset."""
    mover = _Mover(world, speed=rng.uniform(0.022, 0.038), rng=rng)
    target = world.goal.target
    assert world.layout is not None
    waypoints = world.layout.waypoints(target, rng)
    if kind == "random":
        yield from mover.play(int(rng.integers(18, 30)))
    elif kind == "expert":
        yield from mover.along(waypoints)
    elif kind == "recover":
        yield from _recover(mover, waypoints, rng)
    elif kind == "near_miss":
        yield from mover.along(_missed(waypoints, MISS, rng))
    elif kind == "wrong_object":
        other = str(rng.choice(world.layout.names[1:]))
        yield from mover.along(world.layout.waypoints(other, rng))
    else:
        raise ValueError(f"kind is {kind!r}, valid: {', '.join(KINDS)}")
    yield from mover.hold(int(rng.integers(*HOLD_FRAMES)))


def _recover(mover: _Mover, waypoints: Path, rng: np.random.Generator) -> Iterator[None]:
    """Play, or go wrong on the way, hesitate, and then do it right."""
    if rng.random() < 0.5:
        yield from mover.play(int(rng.integers(4, 14)))
    else:
        yield from mover.along(_missed(waypoints, CORRECTED_MISS, rng))
        yield from mover.hold(int(rng.integers(0, 3)))
    yield from mover.along(waypoints)


def _missed(waypoints: Path, beside: tuple[float, float], rng: np.random.Generator) -> Path:
    """The right motion to a place beside, or to the right place but too high."""
    shift = np.zeros(3)
    if rng.random() < 0.5:
        shift[2] = rng.uniform(0.022, 0.08)
    else:
        angle = rng.uniform(0, 2 * np.pi)
        shift[:2] = rng.uniform(*beside) * np.array([np.cos(angle), np.sin(angle)])
    return [point + shift for point in waypoints]


class _Mover:
    """Moves the tool's tip frame by frame, with a hand's small unsteadiness."""

    def __init__(self, world: World, speed: float, rng: np.random.Generator) -> None:
        self._world = world
        self._speed = speed
        self._rng = rng
        self._orientation = world.arm.tip_orientation()
        self._goal = world.arm.tip()
        self._lower = np.asarray(world.robot.workspace_lower)
        self._upper = np.asarray(world.robot.workspace_upper)

    def along(self, waypoints: Path) -> Iterator[None]:
        """Pass the waypoints in turn and stop at the last, unless the task is solved before."""
        for point in waypoints:
            for _ in range(MAX_FRAMES):
                gap = np.clip(point, self._lower, self._upper) - self._goal
                distance = float(np.linalg.norm(gap))
                if distance < ARRIVED:
                    break
                self._frame(gap * min(1.0, self._speed / distance), noise=0.003)
                yield

    def play(self, frames: int) -> Iterator[None]:
        """Wander: keep a direction for a while, then take another."""
        direction = self._rng.normal(size=3)
        for _ in range(frames):
            if self._rng.random() < 0.25:
                direction = self._rng.normal(size=3)
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
