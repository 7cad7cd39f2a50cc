"""From a trajectory to what franky moves through.

franky plans on its own, at 1 kHz and jerk-limited, from what the arm is commanded now to each of
the waypoints that it is given. One waypoint, the end, keeps a short motion smooth; a way that
turns needs more of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ruckig

from fmac_ros.drivers.franka.way import Way
from fmac_ros.robots import RobotConfig

ASIDE = 0.05  # [rad] that a joint may leave the way it was told
KNOT_PERIOD = 0.1  # [s] between the waypoints of a way that turns
# A motion that replaces another begins half a tick late: its first acceleration is half as much
# again, and the jump to it is felt as jerk.
REPLACING = 2 / 3
SHARE_SLACK = 1.05  # points are samples: between them a motion may be a little faster
LEAST_SHARE = 0.05  # of the limits
STOP_DELAY = 0.01  # [s]
CATCH_UP = 0.1  # [s] in which an arm that lags behind comes to a target that stands


@dataclass(frozen=True)
class Dynamics:
    """Limits that franky plans within, (7,) each [rad/s, rad/s^2, rad/s^3]."""

    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray

    def share(self, way: Way, commanded: np.ndarray) -> Share:
        """What a way needs of the limits at its fastest, so that franky is no faster.

        An arm commanded to (7,) [rad] that lags behind may go faster to make up for it.
        """
        gaps = np.diff(way.times)[:, None]  # (k-1, 1)
        changes = np.abs(np.diff(way.velocities, axis=0)) / gaps
        time = max(float(way.times[-1]), CATCH_UP)
        mean = np.abs(way.positions[-1] - commanded) / time
        return Share(
            velocity=max(
                _share(np.abs(way.velocities), self.velocity), _share(mean, self.velocity)
            ),
            acceleration=max(
                _share(changes, self.acceleration), _share(4 * mean / time, self.acceleration)
            ),
        )

    def within(self, share: Share) -> Dynamics:
        """A share of the limits."""
        velocity = share.velocity * self.velocity
        return Dynamics(velocity, share.acceleration * self.acceleration, self.jerk)

    @classmethod
    def of(cls, robot: RobotConfig) -> Dynamics:
        """The robot's limits, with room for motions that replace each other."""
        return cls(robot.velocity, REPLACING * robot.acceleration, robot.jerk)


@dataclass(frozen=True)
class Share:
    """Parts of the limits to move with, above 0 and up to 1."""

    velocity: float = 1.0
    acceleration: float = 1.0


@dataclass(frozen=True)
class Waypoint:
    """Where to be, and how fast then, (7,) [rad] and [rad/s]."""

    position: np.ndarray
    velocity: np.ndarray


def _share(values: np.ndarray, limits: np.ndarray) -> float:
    needed = SHARE_SLACK * np.max(values / limits, initial=0.0)
    return float(np.clip(needed, LEAST_SHARE, 1.0))


def waypoints(way: Way, dynamics: Dynamics) -> list[Waypoint]:
    """As few waypoints as keep every joint within ASIDE of the way.

    Args:
        dynamics: what the arm may move with.

    Raises:
        ValueError: the way turns too sharply for that.
    """
    knots = np.arange(way.times[0] + KNOT_PERIOD, way.times[-1] - KNOT_PERIOD / 2, KNOT_PERIOD)
    for times in (np.zeros(0), knots):
        found = _at(way, np.append(times, way.times[-1]))
        if _aside(way, found, dynamics) <= ASIDE:
            return found
    raise ValueError(f"the way turns too sharply to be kept within {ASIDE} rad")


def stopping(commanded: np.ndarray, velocities: np.ndarray, dynamics: Dynamics) -> Waypoint:
    """Where an arm comes to rest that is commanded to (7,) [rad] with velocities (7,) [rad/s].

    Reckoned a little further than it could stop, for the time until it is told.
    """
    problem = ruckig.InputParameter(len(commanded))
    problem.control_interface = ruckig.ControlInterface.Velocity
    problem.synchronization = ruckig.Synchronization.No
    problem.current_position = commanded + STOP_DELAY * velocities
    problem.current_velocity = velocities
    problem.max_acceleration, problem.max_jerk = dynamics.acceleration, dynamics.jerk
    found = _solved(problem)
    return Waypoint(np.array(found.at_time(found.duration)[0]), np.zeros(len(commanded)))


def _at(way: Way, times: np.ndarray) -> list[Waypoint]:
    rows = np.searchsorted(way.times, times - 1e-9).clip(0, len(way.times) - 1)
    return [Waypoint(way.positions[row], way.velocities[row]) for row in np.unique(rows)]


def _aside(way: Way, points: list[Waypoint], dynamics: Dynamics) -> float:
    """Greatest distance [rad] of the way's points from the path through the waypoints."""
    path = [way.positions[0]]
    state = (way.positions[0], way.velocities[0], np.zeros(len(way.positions[0])))
    for point in points:
        piece = _planned(state, point, dynamics)
        times = np.linspace(0, piece.duration, max(2, int(piece.duration / 0.01)))
        path += [np.array(piece.at_time(time)[0]) for time in times[1:]]
        state = (point.position, point.velocity, np.zeros_like(point.position))
    apart = np.abs(way.positions[:, None] - np.array(path)[None])  # (k, m, n)
    return float(apart.max(axis=2).min(axis=1).max())


def _planned(
    state: tuple[np.ndarray, np.ndarray, np.ndarray], point: Waypoint, dynamics: Dynamics
) -> ruckig.Trajectory:
    """What franky will do between two waypoints."""
    problem = ruckig.InputParameter(len(point.position))
    problem.current_position, problem.current_velocity, problem.current_acceleration = state
    problem.target_position = point.position
    problem.target_velocity = np.clip(point.velocity, -dynamics.velocity, dynamics.velocity)
    problem.max_velocity, problem.max_acceleration = dynamics.velocity, dynamics.acceleration
    problem.max_jerk = dynamics.jerk
    return _solved(problem)


def _solved(problem: ruckig.InputParameter) -> ruckig.Trajectory:
    size = problem.degrees_of_freedom
    found = ruckig.Trajectory(size)
    try:
        result = ruckig.Ruckig(size).calculate(problem, found)
    except (ruckig.RuckigError, ValueError) as error:
        raise ValueError(f"no motion within the limits: {error}") from error
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise ValueError(f"no motion within the limits: ruckig answers {result}")
    return found
