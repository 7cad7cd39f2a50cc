"""A jerk-limited ride along a straight line in joint space that may end at rest at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ruckig

from fmac_ros.control.trajectory import MotionState, PlanError, Trajectory, sample_times
from fmac_ros.robots import RobotConfig

END = 1.0  # where the line ends; it starts at 0
OFF_THE_LINE = 1e-3  # [rad], more than interpolation explains
MOST_SHARE = 0.9  # what interpolation between samples adds must stay within the limits, too
NEAR_END = 1e-4  # [rad]


@dataclass(frozen=True)
class Place:
    """Share of the line that is behind, from 0 to 1, and its derivatives [1/s, 1/s^2]."""

    s: float
    v: float
    a: float


class Ride:
    """Moves all joints in proportion, so that the arm stays on the line whatever happens.

    The limits of the one coordinate s are those of the joint that meets its own first: with
    q = start + s * way, joint i has velocity way_i * ds/dt, and likewise for the rest.

    Args:
        start, end: (n,) joint positions, not the same.
        share: part of the robot's limits to use, above 0 and at most MOST_SHARE.
    """

    def __init__(
        self, robot: RobotConfig, start: np.ndarray, end: np.ndarray, share: float
    ) -> None:
        if not 0 < share <= MOST_SHARE:
            raise ValueError(f"share of the limits is {share}, valid: above 0 to {MOST_SHARE}")
        self._start, self._way = start, end - start
        self._length = float(np.linalg.norm(self._way))
        way = np.maximum(np.abs(self._way), 1e-12)
        self._velocity = share * float(np.min(robot.velocity / way))
        self._acceleration = share * float(np.min(robot.acceleration / way))
        self._jerk = share * float(np.min(robot.jerk / way))

    def done(self, state: MotionState) -> float:
        """Share of the line that is behind in a commanded state."""
        return float(np.clip(self._along(state.q - self._start), 0.0, END))

    def ended(self, state: MotionState) -> bool:
        """Whether the line is behind and the arm is told to stand."""
        left = (END - self._along(state.q - self._start)) * self._length
        return left < NEAR_END and not np.any(state.v)

    def next(self, state: MotionState, ahead: float, scaling: float = 1.0) -> Trajectory:
        """Go on from a commanded state on the line for ``ahead`` [s], and brake then.

        Args:
            ahead: 0 brakes at once.
            scaling: what the robot's speed scaling leaves of the speed, above 0.

        Raises:
            PlanError: the state is not on the line, or there is no motion within the limits.
        """
        place = self._place(state)
        go = self._travel(place, scaling)
        turn = min(ahead, go.duration)
        brake = self._halt(_at(go, turn))
        times = sample_times(turn + brake.duration)
        places = [_at(go, t) if t < turn else _at(brake, t - turn) for t in times]
        s, v, a = (np.array([getattr(p, name) for p in places])[:, None] for name in "sva")
        v[-1] = a[-1] = 0.0
        return Trajectory(times, self._start + s * self._way, v * self._way, a * self._way)

    def _along(self, vector: np.ndarray) -> float:
        """Component of a joint vector (n,) along the line, in lengths of it."""
        return float(vector @ self._way) / self._length**2

    def _place(self, state: MotionState) -> Place:
        s = self._along(state.q - self._start)
        beside = np.max(np.abs(state.q - self._start - s * self._way))
        if beside > OFF_THE_LINE:
            raise PlanError(f"the arm is {beside:.4f} rad beside its planned way")
        a = float(np.clip(self._along(state.a), -self._acceleration, self._acceleration))
        return Place(s, self._along(state.v), a)

    def _travel(self, place: Place, scaling: float) -> ruckig.Trajectory:
        """To the end of the line; from above the speed that is left, Ruckig brakes first."""
        problem = self._problem(place)
        problem.max_velocity = [self._velocity * scaling]
        problem.target_position = [END]
        return _solved(problem)

    def _halt(self, place: Place) -> ruckig.Trajectory:
        """To rest, as soon as the limits allow."""
        problem = self._problem(place)
        problem.control_interface = ruckig.ControlInterface.Velocity
        return _solved(problem)

    def _problem(self, place: Place) -> ruckig.InputParameter:
        problem = ruckig.InputParameter(1)
        problem.current_position, problem.current_velocity = [place.s], [place.v]
        problem.current_acceleration = [place.a]
        problem.max_velocity, problem.max_acceleration = [self._velocity], [self._acceleration]
        problem.max_jerk = [self._jerk]
        return problem


def _solved(problem: ruckig.InputParameter) -> ruckig.Trajectory:
    found = ruckig.Trajectory(1)
    try:
        result = ruckig.Ruckig(1).calculate(problem, found)
    except (ruckig.RuckigError, ValueError) as error:  # an error code that its bindings lack
        raise PlanError(str(error)) from error
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise PlanError(f"ruckig answers {result}")
    return found


def _at(path: ruckig.Trajectory, time: float) -> Place:
    """Place at ``time`` [s], at rest where the path is over."""
    s, v, a = (row[0] for row in path.at_time(min(time, path.duration))[:3])
    return Place(s, v, a)
