"""The motion that the arm was sent on last, and what may follow it."""

from __future__ import annotations

from fmac_ros.control import gate as gates
from fmac_ros.control.collision import Collisions
from fmac_ros.control.kinematics import Kinematics
from fmac_ros.control.motion import Motion, measured_state
from fmac_ros.control.trajectory import MotionState, Trajectory, stop, within_limits
from fmac_ros.control.verify import verify_trajectory
from fmac_ros.robots import RobotConfig
from fmac_ros.types import Observation


class Course:
    """Goes on from the last motion, by trajectories that keep the limits and touch nothing.

    ``motion``, ``reached`` and ``rest`` need one: they raise RuntimeError before the first stand().
    """

    def __init__(self, robot: RobotConfig, kinematics: Kinematics, collisions: Collisions) -> None:
        self._robot, self._kinematics, self._collisions = robot, kinematics, collisions
        self._last: Motion | None = None

    @property
    def motion(self) -> Motion:
        """The last motion."""
        if self._last is None:
            raise RuntimeError("the controller knows no pose yet, call reset(observation) first")
        return self._last

    def over(self, now: float) -> bool:
        """Whether there is no motion that goes on at ``now`` [s]."""
        return self._last is None or self._last.over(now)

    def under_way(self, now: float) -> bool:
        """Whether there is a motion and ``now`` [s] is between its start and its end."""
        return self._last is not None and self._last.under_way(now)

    def stand(self, observation: Observation) -> None:
        """At rest in the measured pose."""
        self._last = Motion.standing(self._robot, observation)

    def go(self, now: float, trajectory: Trajectory) -> None:
        """Sent on a trajectory at ``now`` [s]."""
        self._last = Motion(now, trajectory)

    def reached(self, now: float) -> MotionState:
        """What the last motion has reached at ``now`` [s], inside the planner's limits."""
        return within_limits(self._robot, self.motion.state(now))

    def seen(self, observation: Observation) -> MotionState:
        """The measured state, inside the planner's limits."""
        return within_limits(self._robot, measured_state(observation))

    def fault(self, trajectory: Trajectory, start: MotionState) -> tuple[str, str]:
        """Why a trajectory from ``start`` must not be sent, one of gate.REASONS, and the detail.

        Both are empty where it may be.
        """
        broken = verify_trajectory(trajectory, start, self._robot, self._kinematics)
        if broken:
            return gates.BROKEN_LIMIT, broken
        hit = self._collisions.path_fault(trajectory.positions)
        return (gates.COLLISION, hit) if hit else ("", "")

    def rest(self, start: MotionState, now: float, jumped: bool) -> Trajectory:
        """The quickest stop; if that would leave the workspace or hit something, the last motion.

        Joints that stop each at its own time may carry the tip aside, but the last trajectory
        was verified to its end, which is at rest. After a jump the arm is not on it any more.
        """
        quick = stop(self._robot, start)
        if jumped or not any(self.fault(quick, start)):
            return quick
        return self.motion.rest(self._robot, now)
