"""Things that stand on the table: blocks, balls on stands, and push buttons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pybullet

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.90, 0.10, 0.10),
    "green": (0.10, 0.75, 0.20),
    "blue": (0.15, 0.30, 0.95),
    "yellow": (0.95, 0.85, 0.10),
}
HOUSING = (0.55, 0.55, 0.58)


def shape_of(
    client: int, kind: int, rgb: tuple[float, float, float], **size: object
) -> tuple[int, int]:
    """Collision and visual shape of one size."""
    length = {"length" if key == "height" else key: value for key, value in size.items()}
    collision = pybullet.createCollisionShape(kind, physicsClientId=client, **size)
    visual = pybullet.createVisualShape(
        kind, rgbaColor=(*rgb, 1.0), physicsClientId=client, **length
    )
    return collision, visual


def table(client: int, rgb: tuple[float, float, float]) -> int:
    """A fixed dark slab whose top is z = 0."""
    half = (0.75, 0.75, 0.05)
    collision, visual = shape_of(client, pybullet.GEOM_BOX, rgb, halfExtents=half)
    return pybullet.createMultiBody(
        0, collision, visual, basePosition=(0.5, 0.0, -half[2]), physicsClientId=client
    )


def block(
    client: int,
    xy: np.ndarray,
    rgb: tuple[float, float, float],
    half: float = 0.022,
    friction: float | None = None,
) -> int:
    """A loose cube resting on the table at ``xy`` [m].

    Args:
        friction: coefficient, the physics engine's own where None.
    """
    collision, visual = shape_of(client, pybullet.GEOM_BOX, rgb, halfExtents=(half, half, half))
    body: int = pybullet.createMultiBody(
        0.1, collision, visual, basePosition=(xy[0], xy[1], half), physicsClientId=client
    )
    if friction is not None:
        pybullet.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=client)
    return body


def place_of(client: int, body: int) -> np.ndarray:
    """(3,) centre of a body [m]."""
    return np.array(pybullet.getBasePositionAndOrientation(body, physicsClientId=client)[0])


def ball_on_stand(
    client: int, position: np.ndarray, rgb: tuple[float, float, float], radius: float
) -> tuple[int, int]:
    """A fixed ball held up at ``position`` [m] by a thin post; neither can be hit."""
    ball = pybullet.createVisualShape(
        pybullet.GEOM_SPHERE, radius=radius, rgbaColor=(*rgb, 1.0), physicsClientId=client
    )
    post = pybullet.createVisualShape(
        pybullet.GEOM_BOX,
        halfExtents=(0.006, 0.006, position[2] / 2),
        rgbaColor=(*HOUSING, 1.0),
        physicsClientId=client,
    )
    foot = (position[0], position[1], position[2] / 2)
    return (
        pybullet.createMultiBody(0, -1, ball, tuple(position), physicsClientId=client),
        pybullet.createMultiBody(0, -1, post, foot, physicsClientId=client),
    )


@dataclass(frozen=True)
class Button:
    """A push button: a fixed housing with a sprung cap that slides down.

    Attributes:
        xy: (2,) centre on the table [m].
    """

    client: int
    body: int
    xy: np.ndarray

    HOUSING_HEIGHT = 0.035  # [m]
    CAP_RADIUS = 0.035  # [m]
    CAP_HEIGHT = 0.035  # [m], above the housing at rest
    TRAVEL = 0.025  # [m]
    PRESSED = 0.018  # [m], counts as pressed from here
    SPRING = 6.0  # [N]

    @property
    def top(self) -> np.ndarray:
        """(3,) centre of the cap's upper face at rest [m]."""
        return np.array([*self.xy, self.HOUSING_HEIGHT + self.CAP_HEIGHT])

    @property
    def travelled(self) -> float:
        """How far the cap is down [m]."""
        return -float(pybullet.getJointState(self.body, 0, physicsClientId=self.client)[0])

    @property
    def pressed(self) -> bool:
        """Whether the cap is down far enough to close the contact."""
        return self.travelled >= self.PRESSED


def button(client: int, xy: np.ndarray, rgb: tuple[float, float, float]) -> Button:
    """Put a button on the table at ``xy`` [m]."""
    half = (0.045, 0.045, Button.HOUSING_HEIGHT / 2)
    housing = shape_of(client, pybullet.GEOM_BOX, HOUSING, halfExtents=half)
    cap_height = Button.CAP_HEIGHT + 0.005  # a little inside the housing, clear of the table
    cap = shape_of(client, pybullet.GEOM_CYLINDER, rgb, radius=Button.CAP_RADIUS, height=cap_height)
    centre = half[2] + Button.CAP_HEIGHT - cap_height / 2
    body = pybullet.createMultiBody(
        baseMass=0,
        baseCollisionShapeIndex=housing[0],
        baseVisualShapeIndex=housing[1],
        basePosition=(xy[0], xy[1], half[2]),
        linkMasses=[0.05],
        linkCollisionShapeIndices=[cap[0]],
        linkVisualShapeIndices=[cap[1]],
        linkPositions=[(0, 0, centre)],
        linkOrientations=[(0, 0, 0, 1)],
        linkInertialFramePositions=[(0, 0, 0)],
        linkInertialFrameOrientations=[(0, 0, 0, 1)],
        linkParentIndices=[0],
        linkJointTypes=[pybullet.JOINT_PRISMATIC],
        linkJointAxis=[(0, 0, 1)],
        physicsClientId=client,
    )
    pybullet.setCollisionFilterPair(body, body, -1, 0, 0, physicsClientId=client)
    pybullet.changeDynamics(
        body, 0, jointLowerLimit=-Button.TRAVEL, jointUpperLimit=0.0, physicsClientId=client
    )
    pybullet.setJointMotorControl2(
        body,
        0,
        pybullet.POSITION_CONTROL,
        targetPosition=0.0,
        force=Button.SPRING,
        physicsClientId=client,
    )
    return Button(client, body, np.asarray(xy, float))
