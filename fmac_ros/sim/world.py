"""The simulated cell: an arm at a table, cameras, and a task's objects.

It speaks in joint trajectories, joint states and images only, like a real cell; what
``ground_truth`` tells is for evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pybullet

from fmac_ros import task_setting
from fmac_ros.control.controller import Command
from fmac_ros.control.gripper import opening_of
from fmac_ros.robots import RobotConfig
from fmac_ros.sim.arm import LINK_COLOURS, TOOL_COLOURS, Arm, Colour
from fmac_ros.sim.cameras import CAMERAS, CameraSpec, Light, render
from fmac_ros.sim.objects import table
from fmac_ros.tasks import TASKS, Goal, Layout, find_goal
from fmac_ros.types import SPLITS

TIME_STEP = 1 / 240  # [s]
TABLE_COLOUR = (0.16, 0.17, 0.20)
HOME_NOISE = 0.03  # [rad], standard deviation of each joint at reset
SETTLE = 0.1  # [s]


class World:
    """One arm, one task, stepped by hand.

    Args:
        robot: the arm.
        task: the sentence whose scene is set up; of several, the first.
        image_size: height and width of the images [pixels].

    Raises:
        ValueError: no scene is known for the sentence.
    """

    def __init__(self, robot: RobotConfig, task: str, image_size: int = 128) -> None:
        self.goal: Goal = find_goal(task_setting.first(task))
        self.robot = robot
        self.cameras: tuple[CameraSpec, ...] = CAMERAS
        self.light = Light()
        self.image_size = image_size
        self._client = pybullet.connect(pybullet.DIRECT)
        pybullet.setGravity(0, 0, -9.81, physicsClientId=self._client)
        pybullet.setTimeStep(TIME_STEP, physicsClientId=self._client)
        self._table = table(self._client, TABLE_COLOUR)
        self.arm = Arm(self._client, robot)
        self.arm.paint(LINK_COLOURS, TOOL_COLOURS)
        self.layout: Layout | None = None
        self._steps = 0

    @property
    def time(self) -> float:
        """Simulated time since the world began [s]; a reset does not turn it back."""
        return self._steps * TIME_STEP

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the arm's joints."""
        return tuple(self.robot.joint_names)

    @property
    def camera_names(self) -> tuple[str, ...]:
        """Names of the cameras, in the order in which the priors see them."""
        return tuple(camera.name for camera in self.cameras)

    @property
    def robot_description(self) -> str:
        """The arm's URDF."""
        return self.arm.description

    @property
    def rest_opening(self) -> float:
        """The gripper's opening before anything is done: a task that grasps begins open."""
        return float(TASKS[self.goal.task].gripper)

    def ask(self, sentence: str) -> None:
        """Have the next reset set up what ``sentence`` asks for. ValueError without a scene."""
        self.goal = find_goal(sentence)

    def set_layout(self, seed: int, split: str) -> np.random.Generator:
        """Set up the layout that ``seed`` draws in ``split``; the arm stays where it is.

        Returns:
            what goes on drawing for this layout.
        """
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}, valid: {', '.join(SPLITS)}")
        rng = np.random.default_rng([SPLITS.index(split), seed])
        self.set_goal(self.goal, rng)
        return rng

    def reset(self, seed: int, split: str = "train") -> None:
        """Set up the layout that ``seed`` draws in ``split`` and put the arm near home."""
        rng = self.set_layout(seed, split)
        noise = rng.normal(0.0, HOME_NOISE, len(self.joint_names))
        self.arm.place(np.asarray(self.robot.home) + noise, self.rest_opening)
        self.step(SETTLE)

    def paint(
        self, table: Colour, links: tuple[Colour, Colour], tool: Mapping[str, Colour]
    ) -> None:
        """Colour the table and the arm, rgb in [0, 1] each."""
        pybullet.changeVisualShape(
            self._table, -1, rgbaColor=(*table, 1.0), physicsClientId=self._client
        )
        self.arm.paint(links, tool)

    def set_goal(self, goal: Goal, rng: np.random.Generator) -> None:
        """Replace the objects by a random layout for ``goal``."""
        if self.layout is not None:
            self.layout.remove()
        self.goal = goal
        self.layout = TASKS[goal.task].build(self._client, goal, rng)

    def set_trajectory(
        self,
        times: np.ndarray,
        positions: np.ndarray,
        velocities: np.ndarray,
        bridge: float = 0.0,
    ) -> None:
        """Follow a trajectory from now on: times (k,) [s], positions and velocities (k, n).

        Args:
            bridge: as of Arm.follow [s].
        """
        self.arm.follow(times, positions, velocities, start=self.time, bridge=bridge)

    def obey(self, command: Command) -> None:
        """Do what the gate let pass, for one control period."""
        way = command.trajectory
        self.set_trajectory(way.times, way.positions, way.velocities)
        if command.opening is not None:
            self.arm.grip(command.opening)
        self.step(1.0 / self.robot.control_rate_hz)

    def lead(self, positions: np.ndarray, velocities: np.ndarray, ahead: float) -> None:
        """Keep up with an arm that is driven elsewhere: measured (n,) each [rad, rad/s].

        It goes on as it moves for ``ahead`` [s], and stands still if nothing newer comes then.
        """
        way = np.stack([positions, positions + ahead * velocities])
        self.set_trajectory(np.array([0.0, ahead]), way, np.stack([velocities, velocities]))

    def step(self, duration: float) -> None:
        """Advance the physics by ``duration`` [s]."""
        for _ in range(max(1, round(duration / TIME_STEP))):
            self.arm.drive(self.time + TIME_STEP)
            pybullet.stepSimulation(physicsClientId=self._client)
            self._steps += 1

    def joint_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Joint positions [rad], velocities [rad/s], efforts [N m], (n,) each."""
        return self.arm.state()

    def finger_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Finger positions [m], velocities [m/s], efforts [N], (f,) each."""
        return self.arm.finger_state()

    def grip(self, positions: np.ndarray) -> None:
        """Bring the fingers to ``positions`` (f,) [m] from now on."""
        self.arm.grip(opening_of(self.robot, positions))

    def render(self, name: str) -> np.ndarray:
        """The image of a camera now, (h, w, 3) uint8 RGB."""
        return render(self._client, self._camera(name), self.image_size, self.light)

    def camera_matrix(self, name: str) -> np.ndarray:
        """Intrinsics K of a camera, (3, 3) [pixels]."""
        return self._camera(name).matrix(self.image_size)

    def _camera(self, name: str) -> CameraSpec:
        for camera in self.cameras:
            if camera.name == name:
                return camera
        raise ValueError(f"camera is {name!r}, valid: {', '.join(self.camera_names)}")

    def ground_truth(self) -> bool:
        """Whether the task is solved now. For evaluation only."""
        return self.layout is not None and self.layout.solved(self.goal.target, self.arm.tip())

    def progress(self) -> float | None:
        """How far the task is, 0 to 1 (solved), where the layout tells. For oracles only."""
        tell = getattr(self.layout, "progress", None)
        return None if tell is None else float(tell(self.goal.target, self.arm.tip()))

    def close(self) -> None:
        """End the physics client."""
        pybullet.disconnect(physicsClientId=self._client)
