"""A simulated arm that tracks joint trajectories as a position-controlled arm does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pybullet

from fmac_ros.control.gripper import FINGER_SPEED, finger_positions
from fmac_ros.robots import RobotConfig
from fmac_ros.sim.meshes import lighten
from fmac_ros.sim.tool import robot_urdf

Colour = tuple[float, float, float]

LINK_COLOURS: tuple[Colour, Colour] = ((0.86, 0.86, 0.84), (0.70, 0.72, 0.76))
TOOL_COLOURS: Mapping[str, Colour] = {"hand": (0.95, 0.55, 0.10), "finger": (0.95, 0.20, 0.85)}
MAX_FORCE = 150.0  # [N m]
GRIP_FORCE = 20.0  # [N]
BRIDGE_SHARE = 0.5  # of the limits, for coming over to a late trajectory; the rest is the motion's


@dataclass(frozen=True)
class Bridge:
    """A smooth way from one trajectory to another that is elsewhere, as a driver takes it.

    Attributes:
        start, duration: [s].
        gap, kick: (n,) what the first is ahead of the second at the start [rad, rad/s].
    """

    start: float
    duration: float
    gap: np.ndarray
    kick: np.ndarray

    @classmethod
    def within(
        cls, robot: RobotConfig, start: float, shortest: float, gap: np.ndarray, kick: np.ndarray
    ) -> Bridge:
        """The quickest one, of ``shortest`` [s] or more, that leaves both motions their share.

        It takes BRIDGE_SHARE of the robot's velocity and acceleration: the cubic's largest rates
        are ``1.5 gap / T`` and ``6 gap / T^2 + 4 kick / T``.
        """
        g, k, a = np.abs(gap), np.abs(kick), BRIDGE_SHARE * robot.acceleration
        by_velocity = 1.5 * g / (BRIDGE_SHARE * robot.velocity)
        by_acceleration = (2 * k + np.sqrt(4 * k**2 + 6 * g * a)) / a
        longest = float(np.max([by_velocity, by_acceleration]))
        return cls(start, max(shortest, longest), gap, kick)

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """What is left of both at ``time`` [s], (n,) each: a cubic to nothing."""
        s = (time - self.start) / self.duration
        if not 0 <= s < 1:
            return np.zeros_like(self.gap), np.zeros_like(self.kick)
        kick = self.kick * self.duration
        left = self.gap * (2 * s**3 - 3 * s**2 + 1) + kick * (s**3 - 2 * s**2 + s)
        rate = self.gap * (6 * s**2 - 6 * s) + kick * (3 * s**2 - 4 * s + 1)
        return left, rate / self.duration


class Arm:
    """An arm in a physics client; joints by name, in the order of its configuration."""

    def __init__(self, client: int, robot: RobotConfig) -> None:
        self._client = client
        self._robot = robot
        self.description = robot_urdf(robot)
        path = lighten(self.description)
        self.body = pybullet.loadURDF(
            str(path),
            basePosition=robot.base_position,
            useFixedBase=True,
            physicsClientId=client,
        )
        infos = [
            pybullet.getJointInfo(self.body, i, physicsClientId=client)
            for i in range(pybullet.getNumJoints(self.body, physicsClientId=client))
        ]
        joints = {info[1].decode(): info[0] for info in infos}
        self._links = {info[12].decode(): info[0] for info in infos}
        self._joints = [joints[name] for name in robot.joint_names]
        self._fingers = [joints[name] for name in robot.gripper_joint_names]
        self._tip = self._links[robot.ee_link]
        self._movable = [info[0] for info in infos if info[2] != pybullet.JOINT_FIXED]
        self._plan: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        self._bridge: Bridge | None = None
        self._opening = 0.0
        self._place_fingers()

    @property
    def fingers(self) -> np.ndarray:
        """Positions of the finger joints, (f,) [m]."""
        return self.finger_state()[0]

    def finger_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Finger positions [m], velocities [m/s] and efforts [N], (f,) each."""
        return self._measure(self._fingers)

    def grip(self, opening: float) -> None:
        """Bring the fingers to an opening from 0, closed, to 1, open, as fast as they go."""
        self._opening = float(np.clip(opening, 0.0, 1.0))
        self._hold_fingers(maxVelocity=FINGER_SPEED)

    def _place_fingers(self) -> None:
        for joint, position in zip(self._fingers, self._finger_targets(), strict=True):
            pybullet.resetJointState(self.body, joint, position, physicsClientId=self._client)
        self._hold_fingers()

    def _hold_fingers(self, **limits: float) -> None:
        for joint, position in zip(self._fingers, self._finger_targets(), strict=True):
            pybullet.setJointMotorControl2(
                self.body,
                joint,
                pybullet.POSITION_CONTROL,
                targetPosition=position,
                force=GRIP_FORCE,
                physicsClientId=self._client,
                **limits,
            )

    def _finger_targets(self) -> list[float]:
        return finger_positions(self._robot, self._opening).tolist()

    def paint(self, links: tuple[Colour, Colour], tool: Mapping[str, Colour]) -> None:
        """Colour the links in turn with two colours, and the tool's links by their name."""
        names = {-1: "base", **{index: name for name, index in self._links.items()}}
        for index, name in names.items():
            part = next((key for key in tool if key in name), None)
            colour = tool[part] if part else links[index % 2]
            pybullet.changeVisualShape(
                self.body, index, rgbaColor=(*colour, 1.0), physicsClientId=self._client
            )

    def place(self, positions: np.ndarray, opening: float = 0.0) -> None:
        """Put the arm at joint ``positions`` (n,) [rad], at rest, holding there.

        Args:
            opening: of the gripper, from 0, closed, to 1, open.
        """
        self._opening = opening
        for joint, position in zip(self._joints, positions, strict=True):
            pybullet.resetJointState(self.body, joint, position, physicsClientId=self._client)
        self._place_fingers()
        still = np.zeros((1, len(self._joints)))
        self._plan = self._bridge = None
        self.follow(np.zeros(1), np.asarray(positions, float)[None], still, start=0.0)

    def follow(
        self,
        times: np.ndarray,
        positions: np.ndarray,
        velocities: np.ndarray,
        start: float,
        bridge: float = 0.0,
    ) -> None:
        """Replace the trajectory: ``times`` (k,) [s] after ``start``, (k, n) each.

        The arm goes on from where it is until the first time, and holds after the last.

        Args:
            bridge: shortest time in which to come over from the trajectory before [s], where this
                one is elsewhere now because it comes late; 0 changes at once.
        """
        before = self._setpoint(start) if bridge > 0 else None
        now, _, _ = self.state()
        if len(times) and times[0] > 0:
            times = np.concatenate([[0.0], times])
            positions = np.concatenate([now[None], positions])
            velocities = np.concatenate([velocities[:1], velocities])
        self._plan = (np.asarray(times, float) + start, positions, velocities)
        self._bridge = None
        if before is not None and (now_there := self._setpoint(start)) is not None:
            gap, kick = before[0] - now_there[0], before[1] - now_there[1]
            self._bridge = Bridge.within(self._robot, start, bridge, gap, kick)

    def drive(self, time: float) -> None:
        """Set the motors to where the trajectory is at ``time`` [s]."""
        setpoint = self._setpoint(time)
        if setpoint is None:
            return
        target, speed = (values.tolist() for values in setpoint)
        pybullet.setJointMotorControlArray(
            self.body,
            self._joints,
            pybullet.POSITION_CONTROL,
            targetPositions=target,
            targetVelocities=speed,
            forces=[MAX_FORCE] * len(self._joints),
            positionGains=[0.3] * len(self._joints),
            velocityGains=[1.0] * len(self._joints),
            physicsClientId=self._client,
        )

    def _setpoint(self, time: float) -> tuple[np.ndarray, np.ndarray] | None:
        """Position and velocity (n,) each that the motors are sent to; None without a plan."""
        if self._plan is None:
            return None
        times, positions, velocities = self._plan
        target = np.array([np.interp(time, times, column) for column in positions.T])
        moving = times[0] <= time < times[-1]
        speed = np.array([np.interp(time, times, c) if moving else 0.0 for c in velocities.T])
        if self._bridge is None:
            return target, speed
        gap, kick = self._bridge.at(time)
        return target + gap, speed + kick

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Joint positions [rad], velocities [rad/s] and efforts [N m], (n,) each."""
        return self._measure(self._joints)

    def _measure(self, joints: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        states = pybullet.getJointStates(self.body, joints, physicsClientId=self._client)
        positions, velocities, _, efforts = zip(*states, strict=True)
        return np.array(positions), np.array(velocities), np.array(efforts)

    def tip(self) -> np.ndarray:
        """Position of the tool's tip in the world frame, (3,) [m]."""
        return np.array(self._tip_frame()[0])

    def tip_orientation(self) -> tuple[float, float, float, float]:
        """Orientation of the tool as a quaternion x, y, z, w."""
        return self._tip_frame()[1]

    def _tip_frame(self) -> tuple[tuple[float, ...], tuple[float, float, float, float]]:
        frame = pybullet.getLinkState(
            self.body, self._tip, computeForwardKinematics=True, physicsClientId=self._client
        )
        return frame[4], frame[5]

    def inverse_kinematics(
        self, position: np.ndarray, orientation: tuple[float, float, float, float]
    ) -> np.ndarray:
        """Joint positions (n,) [rad] that bring the tip to a pose, for the scripted experts."""
        solution = pybullet.calculateInverseKinematics(
            self.body,
            self._tip,
            position,
            orientation,
            maxNumIterations=100,
            residualThreshold=1e-5,
            physicsClientId=self._client,
        )
        where = {joint: i for i, joint in enumerate(self._movable)}
        return np.array([solution[where[joint]] for joint in self._joints])
