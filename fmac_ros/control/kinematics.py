"""Forward and inverse kinematics of one arm, from its URDF, on Pinocchio.

Positions are in the world frame of RobotConfig: the arm's base stands at base_position.
"""

from __future__ import annotations

import copy

import numpy as np
import pinocchio as pin

from fmac_ros.control.chain import arm_urdf
from fmac_ros.robots import RobotConfig
from fmac_ros.sim.tool import robot_urdf

DAMPING = 1e-3  # everywhere: keeps the linear system solvable
SINGULAR_DAMPING = 0.05  # added in a singular pose, so that steps stay short and smooth
SINGULAR_SHARE = 0.02  # of home's manipulability, below which a pose counts as near a singular one
MAX_STEP = 0.4  # [rad] per iteration, where the linear model is still good
POSTURE_GAIN = 0.1  # pull of the elbow towards home, for arms with a spare joint
POSITION_TOLERANCE = 1e-5  # [m]
ROTATION_TOLERANCE = 1e-4  # [rad]


class Kinematics:
    """Kinematics of the tool tip of one arm.

    Args:
        robot: the arm.
        urdf: URDF text to use instead of the robot's own, such as /robot_description.

    Raises:
        ValueError: the URDF lacks the robot's joints or tool link, or they are not one chain.
    """

    def __init__(self, robot: RobotConfig, urdf: str | None = None) -> None:
        text = arm_urdf(robot, urdf if urdf is not None else robot_urdf(robot))
        model = pin.buildModelFromXML(text)
        self._model = arm_only(model, robot)[0]
        self._data = self._model.createData()
        self._frame = self._model.getFrameId(robot.ee_link)
        self._base = np.asarray(robot.base_position)
        self._lower, self._upper = robot.lower, robot.upper
        self._home = robot.home
        self.size = robot.size
        at_home = pin.computeFrameJacobian(self._model, self._data, self._home, self._frame)
        self._regular = {rows: manipulability(at_home[:rows]) for rows in (3, 6)}

    def twin(self) -> Kinematics:
        """The same arm for another thread: what a computation writes to is not shared."""
        twin = copy.copy(self)
        twin._data = self._model.createData()
        return twin

    def forward(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tool tip position (3,) [m] and rotation (3, 3) for joint positions q (n,)."""
        pose = self._pose(q)
        return pose.translation + self._base, pose.rotation.copy()

    def jacobian(self, q: np.ndarray) -> np.ndarray:
        """(6, n) map from joint to tool velocity, linear [m/s] over angular [rad/s], world axes."""
        return pin.computeFrameJacobian(
            self._model, self._data, self._checked(q), self._frame, pin.LOCAL_WORLD_ALIGNED
        )

    def solve(
        self,
        q: np.ndarray,
        position: np.ndarray,
        rotation: np.ndarray | None = None,
        iterations: int = 30,
    ) -> np.ndarray:
        """Joint positions (n,) inside the limits that bring the tool to a pose.

        Damped least squares from the start q (n,), so the answer stays near it. Near a singular
        pose, where the manipulability is below a share of home's, the damping grows, as in
        Nakamura and Hanafusa, 1986. For a pose out of reach the answer is the closest found:
        compare forward() of it with the target.

        Args:
            position: (3,) tool tip, world frame [m].
            rotation: (3, 3) tool orientation; None leaves it free.
        """
        goal = np.asarray(position, float) - self._base
        q = np.clip(self._checked(q), self._lower, self._upper)
        for _ in range(iterations):
            error = self._error(q, goal, rotation)
            if _small(error):
                break
            q = np.clip(q + self._step(q, error), self._lower, self._upper)
        return q

    def _error(self, q: np.ndarray, goal: np.ndarray, rotation: np.ndarray | None) -> np.ndarray:
        """Way to the goal in the tool frame: (6,) [m, rad], or (3,) with a free orientation."""
        pose = self._pose(q)
        if rotation is None:
            return pose.rotation.T @ (goal - pose.translation)
        return pin.log6(pose.actInv(pin.SE3(np.asarray(rotation, float), goal))).vector

    def _step(self, q: np.ndarray, error: np.ndarray) -> np.ndarray:
        """One damped least squares step (n,), leaving out joints that push at their limit."""
        jacobian = pin.computeFrameJacobian(self._model, self._data, q, self._frame)  # (6, n)
        jacobian = jacobian[: len(error)]
        damping = self._damping(jacobian)
        step = _least_squares(jacobian, error, damping)
        if len(error) == 6 and self.size > 6:
            pull = POSTURE_GAIN * (self._home - q)
            step += pull - _least_squares(jacobian, jacobian @ pull, damping)
        blocked = ((q <= self._lower) & (step < 0)) | ((q >= self._upper) & (step > 0))
        if np.any(blocked):
            step = _least_squares(np.where(blocked, 0.0, jacobian), error, damping)
        largest = float(np.max(np.abs(step)))
        return step * (MAX_STEP / largest) if largest > MAX_STEP else step

    def _damping(self, jacobian: np.ndarray) -> float:
        """d^2 for a Jacobian (3 or 6, n): more, the nearer the pose is to a singular one."""
        least = SINGULAR_SHARE * self._regular[len(jacobian)]
        lack = max(0.0, 1.0 - manipulability(jacobian) / least) if least > 0 else 0.0
        return DAMPING**2 + (SINGULAR_DAMPING * lack) ** 2

    def _pose(self, q: np.ndarray) -> pin.SE3:
        pin.framesForwardKinematics(self._model, self._data, self._checked(q))
        return self._data.oMf[self._frame]

    def _checked(self, q: np.ndarray) -> np.ndarray:
        q = np.asarray(q, dtype=float)
        if q.shape != (self.size,):
            raise ValueError(f"q has shape {q.shape}, valid: ({self.size},)")
        return q


def arm_only(
    model: pin.Model, robot: RobotConfig, shapes: pin.GeometryModel | None = None
) -> tuple[pin.Model, pin.GeometryModel]:
    """The model, and its shapes, with every joint but the arm's locked, fingers closed.

    Raises:
        ValueError: the model lacks the robot's joints or tool link, or has another order.
    """
    missing = [name for name in robot.joint_names if not model.existJointName(name)]
    if missing or not model.existFrame(robot.ee_link):
        lacks = missing or [robot.ee_link]
        raise ValueError(f"URDF of {robot.name} lacks {', '.join(lacks)}")
    where = pin.neutral(model)
    for name, value in zip(robot.gripper_joint_names, robot.gripper_closed, strict=True):
        if model.existJointName(name):
            where[model.joints[model.getJointId(name)].idx_q] = value
    others = [i for i, name in enumerate(model.names) if i and name not in robot.joint_names]
    shapes = shapes if shapes is not None else pin.GeometryModel()
    arm, (shapes,) = pin.buildReducedModel(model, [shapes], others, where)
    if tuple(arm.names)[1:] != robot.joint_names:
        raise ValueError(f"joints of {robot.name} must be listed as {tuple(arm.names)[1:]}")
    return arm, shapes


def manipulability(jacobian: np.ndarray) -> float:
    """sqrt(det(J J^T)) of a Jacobian (m, n): 0 in a singular pose (Yoshikawa, 1985)."""
    return float(np.sqrt(max(np.linalg.det(jacobian @ jacobian.T), 0.0)))


def _least_squares(jacobian: np.ndarray, error: np.ndarray, damping: float) -> np.ndarray:
    """J^T (J J^T + d^2 I)^-1 e, with d^2 in ``damping``."""
    gram = jacobian @ jacobian.T
    gram.flat[:: len(gram) + 1] += damping
    return jacobian.T @ np.linalg.solve(gram, error)


def _small(error: np.ndarray) -> bool:
    return bool(
        error[:3] @ error[:3] < POSITION_TOLERANCE**2
        and error[3:] @ error[3:] < ROTATION_TOLERANCE**2
    )
