"""A Meta-World task as a simulated cell: a hand that moves in x, y and z, a gripper, two cameras.

Meta-World moves the arm's hand by a body that it drags along, so the hand's three coordinates
stand where other arms have joint angles. Its own observation, which holds the objects, and its
reward never leave this file, but for ``privileged_state``.
"""

from __future__ import annotations

import numpy as np

from fmac_ros.control.controller import Command
from fmac_ros.metaworld.cameras import VIEWS, Cameras
from fmac_ros.metaworld.loading import make_env
from fmac_ros.metaworld.tasks import FRAMES_PER_STEP, SENTENCES, find_goal
from fmac_ros.types import SPLITS

FRAME_STEP = 0.01  # [m] that the hand's goal moves in a frame, along each axis, at full action
SPREAD = 0.1  # [m] between the claws when both finger joints are at 0


class MetaWorld:
    """One task, stepped by hand.

    Args:
        task: the sentence whose scene is set up.
        image_size: height and width of the images [pixels].
        frames_per_step: Meta-World's frames, 12.5 ms each, in one step.

    Attributes:
        privileged_state: (39,) Meta-World's own observation with the objects in it, for the
            scripted people of videos and tests alone.

    Raises:
        ValueError: no task is known for the sentence, or Meta-World is not installed.
    """

    def __init__(
        self, task: str, image_size: int = 128, frames_per_step: int = FRAMES_PER_STEP
    ) -> None:
        self.goal = find_goal(task)
        self.image_size = image_size
        self.frames_per_step = frames_per_step
        self._env = make_env(self.goal.task)
        self.cameras = Cameras(self._env.model, self._env.data, image_size)
        self.privileged_state = np.zeros(0)
        self._solved = False
        self._frames = 0

    @property
    def time(self) -> float:
        """Simulated time since the world began [s]; a reset does not turn it back."""
        return self._frames * float(self._env.dt)

    @property
    def camera_names(self) -> tuple[str, ...]:
        """Names of the cameras, in the order in which the priors see them."""
        return tuple(view.name for view in VIEWS)

    @property
    def step_size(self) -> float:
        """How far the hand's goal moves along each axis in a step at full action [m]."""
        return FRAME_STEP * self.frames_per_step

    @property
    def step_time(self) -> float:
        """Duration of a step [s]."""
        return self.frames_per_step * float(self._env.dt)

    @property
    def hand_goal(self) -> np.ndarray:
        """(3,) where the hand is being dragged to [m]; it lags behind a little."""
        return np.array(self._env.data.mocap_pos[0])

    @property
    def hand_box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest hand_goal, (3,) each [m]."""
        return self._env.mocap_low, self._env.mocap_high

    def ask(self, sentence: str) -> None:
        """Have the next episode asked for by ``sentence``, which is one of the same task."""
        goal = find_goal(sentence)
        if goal.task != self.goal.task:
            raise ValueError(
                f"{sentence!r} is {goal.task}, valid in a scene of {self.goal.task}: "
                + ", ".join(SENTENCES[self.goal.task])
            )
        self.goal = goal

    def reset(self, seed: int, split: str = "train") -> None:
        """Set up the layout that ``seed`` draws in ``split``, the hand where Meta-World puts it."""
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}, valid: {', '.join(SPLITS)}")
        # One generator's seed for every pair of both: no two share a layout.
        self._env.seed(seed * len(SPLITS) + SPLITS.index(split))
        self.privileged_state, _ = self._env.reset()
        self._solved = False

    def obey(self, command: Command) -> None:
        """Drag the hand to the trajectory's last position and grip, for one step."""
        target = command.trajectory.positions[-1]
        opening = 1.0 if command.opening is None else command.opening
        for left in range(self.frames_per_step, 0, -1):
            move = (target - self.hand_goal) / (left * FRAME_STEP)
            self._frame(np.append(move, 1.0 - 2.0 * opening))

    def _frame(self, action: np.ndarray) -> None:
        self._env.curr_path_length = 0  # the time limit is the rollout's
        self.privileged_state, _, _, _, info = self._env.step(action)
        self._solved = bool(info["success"])
        self._frames += 1

    def joint_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The hand's position [m] and velocity [m/s], and no efforts, (3,) each."""
        import mujoco

        model, data = self._env.model, self._env.data
        velocity = np.zeros(6)  # angular, then linear
        body, hand = mujoco.mjtObj.mjOBJ_BODY, model.body("hand").id
        mujoco.mj_objectVelocity(model, data, body, hand, velocity, 0)
        return np.array(data.body("hand").xpos), velocity[3:], np.zeros(3)

    def finger_state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The gap between the claws [m], its change [m/s], and no efforts, (1,) each."""
        left, right = (self._env.data.joint(f"{side}_close") for side in "lr")
        return SPREAD + left.qpos - right.qpos, left.qvel - right.qvel, np.zeros(1)

    def render(self, name: str) -> np.ndarray:
        """The image of a camera now, (h, w, 3) uint8 RGB."""
        return self.cameras.render(name)

    def ground_truth(self) -> bool:
        """Whether Meta-World says success now. For evaluation only."""
        return self._solved

    def progress(self) -> float | None:
        """None: Meta-World tells rewards, which are no measure of progress from 0 to 1."""
        return None

    def close(self) -> None:
        """End the simulation."""
        self.cameras.close()
        self._env.close()
