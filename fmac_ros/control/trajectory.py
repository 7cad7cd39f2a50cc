"""Jerk-limited joint trajectories that end at rest, planned by Ruckig."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ruckig

from fmac_ros.robots import RobotConfig

SAMPLE_PERIOD = 0.02  # [s]
SHORTEST_GAP = 1e-3  # [s], between the last two samples
LEAST_SHARE = 0.4  # of a joint's limits, however short its way


class PlanError(RuntimeError):
    """No jerk-limited trajectory exists between the two states."""


@dataclass(frozen=True)
class MotionState:
    """Joint positions, velocities and accelerations, (n,) each [rad, rad/s, rad/s^2]."""

    q: np.ndarray
    v: np.ndarray
    a: np.ndarray

    @classmethod
    def at_rest(cls, q: np.ndarray) -> MotionState:
        """Standing still at q (n,)."""
        q = np.array(q, dtype=float)
        return cls(q, np.zeros_like(q), np.zeros_like(q))


@dataclass(frozen=True)
class Trajectory:
    """Samples of a motion, at rest at the end.

    Attributes:
        times: (k,) [s] from the start, increasing from 0.
        positions, velocities, accelerations: (k, n) [rad, rad/s, rad/s^2].
    """

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    accelerations: np.ndarray

    def at(self, time: float) -> MotionState:
        """State at a time [s] from the start, at rest at the last sample afterwards.

        Between samples this is the quintic polynomial through both of them, as the
        joint_trajectory_controller interpolates.
        """
        if time >= self.times[-1]:
            return MotionState.at_rest(self.positions[-1])
        time = max(time, 0.0)
        i = int(np.searchsorted(self.times, time, side="right")) - 1
        span = float(self.times[i + 1] - self.times[i])
        return _quintic(self._state(i), self._state(i + 1), span, time - float(self.times[i]))

    def positions_every(self, period: float) -> np.ndarray:
        """Positions (t, n) every ``period`` [s] from the start to the end, as in :meth:`at`."""
        times = np.arange(0.0, float(self.times[-1]), period)
        index = np.searchsorted(self.times, times, side="right") - 1
        spans = np.diff(self.times)
        rows = [
            _quintic(
                self._state(i),
                self._state(i + 1),
                float(spans[i]),
                (times[index == i] - self.times[i])[:, None],
            ).q
            for i in range(len(spans))
        ]
        return np.concatenate(rows)

    def rest_of(self, robot: RobotConfig, since: float) -> Trajectory:
        """What is left of this motion ``since`` [s] after its start, within the robot's limits.

        Its samples are those of this motion: between them the polynomial passes the limits of
        acceleration and jerk by a little, and a sample taken there would tell so. The first one
        must be between them; its acceleration is what the limits allow before the next.
        """
        kept = self.times > since + SAMPLE_PERIOD / 2
        kept[-1] = True
        times = np.append(0.0, np.maximum(self.times[kept] - since, SAMPLE_PERIOD / 2))
        now, then = self.at(since), self.accelerations[kept][0]
        swing = robot.jerk * times[1]
        a = np.clip(now.a, then - swing, then + swing)
        first = within_limits(robot, MotionState(now.q, now.v, a))
        return Trajectory(
            times,
            np.vstack([first.q, self.positions[kept]]),
            np.vstack([first.v, self.velocities[kept]]),
            np.vstack([first.a, self.accelerations[kept]]),
        )

    def _state(self, i: int) -> MotionState:
        return MotionState(self.positions[i], self.velocities[i], self.accelerations[i])


def within_limits(robot: RobotConfig, state: MotionState) -> MotionState:
    """The state inside the planner's limits: it refuses one past them, even by rounding."""
    v = np.clip(state.v, -robot.velocity, robot.velocity)
    a = np.clip(state.a, -robot.acceleration, robot.acceleration)
    return MotionState(state.q, v, a)


def plan(robot: RobotConfig, start: MotionState, target: np.ndarray) -> Trajectory:
    """A fast motion within the robot's limits from ``start`` to rest at ``target`` (n,).

    Joints with a short way to go get lower limits, in proportion, so that all of them move
    alike and the tip goes straight; yet not below LEAST_SHARE, to turn quickly, nor below what
    their present motion needs to end within its way.

    Raises:
        PlanError: there is none, for example from a start beyond the limits.
    """
    problem = _problem(robot, start)
    problem.target_position = [float(value) for value in target]
    way = np.maximum(np.abs(np.asarray(target, float) - start.q), 1e-9)  # (n,)
    braking = np.maximum(np.abs(start.a), start.v**2 / way)
    problem.max_velocity = _shared(robot.velocity, way, np.abs(start.v))
    problem.max_acceleration = _shared(robot.acceleration, way, braking)
    problem.max_jerk = _shared(robot.jerk, way, braking / SAMPLE_PERIOD)
    return _solve(problem)


def stop(robot: RobotConfig, start: MotionState) -> Trajectory:
    """Bring every joint to rest as soon as its limits allow; PlanError as in plan()."""
    problem = _problem(robot, start)
    problem.control_interface = ruckig.ControlInterface.Velocity
    problem.synchronization = ruckig.Synchronization.No
    return _solve(problem)


def _problem(robot: RobotConfig, start: MotionState) -> ruckig.InputParameter:
    problem = ruckig.InputParameter(robot.size)
    problem.current_position = start.q.tolist()
    problem.current_velocity = start.v.tolist()
    problem.current_acceleration = start.a.tolist()
    problem.max_velocity = robot.velocity.tolist()
    problem.max_acceleration = robot.acceleration.tolist()
    problem.max_jerk = robot.jerk.tolist()
    return problem


def _shared(limits: np.ndarray, way: np.ndarray, needed: np.ndarray) -> list[float]:
    """Limits (n,) in proportion to the way (n,) [rad] of each joint, but what it needs (n,)."""
    share = np.maximum(way * np.min(limits / way), LEAST_SHARE * limits)
    values: list[float] = np.minimum(np.maximum(share, needed), limits).tolist()
    return values


def _solve(problem: ruckig.InputParameter) -> Trajectory:
    size = problem.degrees_of_freedom
    path = ruckig.Trajectory(size)
    try:
        result = ruckig.Ruckig(size).calculate(problem, path)
    except (ruckig.RuckigError, ValueError) as error:  # an error code that its bindings lack
        raise PlanError(str(error)) from error
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise PlanError(f"ruckig answers {result}")
    times = sample_times(path.duration)
    states = [path.at_time(time)[:3] for time in times]
    positions, velocities, accelerations = (np.array(rows) for rows in zip(*states, strict=True))
    # The last sample is the end of the motion; rounding must not leave it creeping.
    velocities[-1] = accelerations[-1] = 0.0
    return Trajectory(times, positions, velocities, accelerations)


def sample_times(duration: float) -> np.ndarray:
    """(k,) times [s], every SAMPLE_PERIOD and at the end; k is 2 or more."""
    end = max(duration, SAMPLE_PERIOD)
    count = int(np.ceil((end - SHORTEST_GAP) / SAMPLE_PERIOD))
    return np.append(np.arange(count) * SAMPLE_PERIOD, end)


def _quintic(
    start: MotionState, end: MotionState, span: float, time: float | np.ndarray
) -> MotionState:
    """State at ``time`` on the polynomial of degree 5 through two states ``span`` [s] apart.

    Times (t, 1) give states of (t, n) arrays.
    """
    free = start.q + span * start.v + span**2 / 2 * start.a
    gap = end.q - free  # what jerk has to add, (n,)
    speed = (end.v - start.v - span * start.a) * span
    curve = (end.a - start.a) * span**2
    c3 = 10 * gap - 4 * speed + curve / 2
    c4 = -15 * gap + 7 * speed - curve
    c5 = 6 * gap - 3 * speed + curve / 2
    s = time / span
    q = start.q + time * start.v + time**2 / 2 * start.a + s**3 * (c3 + s * (c4 + s * c5))
    v = start.v + time * start.a + s**2 * (3 * c3 + s * (4 * c4 + s * 5 * c5)) / span
    a = start.a + s * (6 * c3 + s * (12 * c4 + s * 20 * c5)) / span**2
    return MotionState(q, v, a)
