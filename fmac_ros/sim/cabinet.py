"""A low cabinet whose drawers slide out away from the arm, each with a bar for a handle.

The bar stands off the drawer's front, so that a closed gripper reaches down between the
two to pull, and pushes against the bar from the other side to close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pybullet

from fmac_ros.sim.dishes import boxes
from fmac_ros.sim.objects import shape_of

HEIGHT = 0.075  # [m]
DEPTH = 0.13  # [m]
BODY = (0.50, 0.42, 0.36)
TRAY = (0.80, 0.74, 0.62)
FRONT = 0.012  # [m], thickness of a drawer's front
GAP = 0.046  # [m] between front and bar
BAR = 0.012  # [m], thickness
BAR_Z = (0.034, 0.056)  # [m], lower and upper edge
GRIP_Z = 0.04  # [m], where the tip pulls and pushes
TRAVEL = 0.12  # [m]
FRICTION = 3.0  # [N]
STILL = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Cabinet:
    """A cabinet in a world.

    Attributes:
        names: what its drawers are called, in the order of the sliding joints.
        xy: (2,) middle of the closed fronts on the table [m].
        yaw: the way the drawers slide out, from the x axis [rad].
        width: of one drawer's front [m].
    """

    client: int
    body: int
    names: tuple[str, ...]
    xy: np.ndarray
    yaw: float
    width: float

    def drawn(self, name: str) -> float:
        """How far a drawer is out [m]."""
        return float(pybullet.getJointState(self.body, self._joint(name), self.client)[0])

    def draw(self, name: str, distance: float) -> None:
        """Put a drawer out by ``distance`` [m]."""
        pybullet.resetJointState(
            self.body, self._joint(name), distance, physicsClientId=self.client
        )

    def point(self, name: str, out: float, z: float, aside: float = 0.0) -> np.ndarray:
        """(3,) point in the world: ``out`` of a drawer's front plane and ``aside`` of its middle.

        All [m]; the front plane is that of the closed drawer.
        """
        across = aside + _middle(self.names.index(name), len(self.names), self.width)
        out_x, out_y = np.cos(self.yaw), np.sin(self.yaw)
        xy = self.xy + out * np.array([out_x, out_y]) + across * np.array([-out_y, out_x])
        return np.array([*xy, z])

    def _joint(self, name: str) -> int:
        return 2 * self.names.index(name)


def _middle(index: int, count: int, width: float) -> float:
    return (index - (count - 1) / 2) * (width + 0.006)


def cabinet(
    client: int,
    xy: np.ndarray,
    yaw: float,
    drawers: Sequence[tuple[str, tuple[float, float, float]]],
) -> Cabinet:
    """Stand a cabinet on the table, its ``drawers`` (name and colour) side by side, closed."""
    width = 0.105 if len(drawers) > 1 else 0.13
    half = (DEPTH / 2, (len(drawers) * (width + 0.006) + 0.006) / 2, HEIGHT / 2)
    base = shape_of(client, pybullet.GEOM_BOX, BODY, halfExtents=half)
    middles = [_middle(i, len(drawers), width) for i in range(len(drawers))]
    fronts = [_front(client, width, rgb) for _, rgb in drawers]
    trays = [_tray(client, width) for _ in drawers]
    shapes = [shape for both in zip(fronts, trays, strict=True) for shape in both]
    count = len(drawers)
    turn = pybullet.getQuaternionFromEuler((0, 0, yaw))
    back = np.array([np.cos(yaw), np.sin(yaw)]) * -half[0]
    body = pybullet.createMultiBody(
        baseMass=0,
        baseCollisionShapeIndex=base[0],
        baseVisualShapeIndex=base[1],
        basePosition=(xy[0] + back[0], xy[1] + back[1], half[2]),
        baseOrientation=turn,
        linkMasses=[0.3, 0.1] * count,
        linkCollisionShapeIndices=[collision for collision, _ in shapes],
        linkVisualShapeIndices=[visual for _, visual in shapes],
        linkPositions=[
            place for middle in middles for place in ((half[0], middle, -half[2]), (0, 0, 0))
        ],
        linkOrientations=[STILL] * 2 * count,
        linkInertialFramePositions=[(0, 0, 0)] * 2 * count,
        linkInertialFrameOrientations=[STILL] * 2 * count,
        linkParentIndices=[parent for i in range(count) for parent in (0, 2 * i + 1)],
        linkJointTypes=[pybullet.JOINT_PRISMATIC, pybullet.JOINT_FIXED] * count,
        linkJointAxis=[(1, 0, 0)] * 2 * count,
        physicsClientId=client,
    )
    _let_slide(client, body, count)
    names = tuple(name for name, _ in drawers)
    return Cabinet(client, body, names, np.asarray(xy, float), yaw, width)


def _let_slide(client: int, body: int, count: int) -> None:
    """Drawers slide in their travel against friction, through the cabinet's own walls."""
    links = [-1, *range(2 * count)]
    for one in links:
        for other in links:
            if one < other:
                pybullet.setCollisionFilterPair(body, body, one, other, 0, physicsClientId=client)
    for joint in range(0, 2 * count, 2):
        pybullet.changeDynamics(
            body, joint, jointLowerLimit=0.0, jointUpperLimit=TRAVEL, physicsClientId=client
        )
        pybullet.setJointMotorControl2(
            body,
            joint,
            pybullet.VELOCITY_CONTROL,
            targetVelocity=0.0,
            force=FRICTION,
            physicsClientId=client,
        )


def _front(client: int, width: float, rgb: tuple[float, float, float]) -> tuple[int, int]:
    """A drawer's front with its bar on two posts; the origin is on the front plane's foot."""
    z, height = sum(BAR_Z) / 2, (BAR_Z[1] - BAR_Z[0]) / 2
    reach = FRONT + GAP + BAR
    halves = [[FRONT / 2, width / 2, 0.032], [BAR / 2, width / 2 - 0.004, height]]
    centres = [[FRONT / 2, 0, 0.038], [reach - BAR / 2, 0, z]]
    for side in (-1, 1):
        halves.append([(GAP + BAR) / 2, 0.005, height])
        centres.append([FRONT + (GAP + BAR) / 2, side * (width / 2 - 0.009), z])
    return boxes(client, halves, centres, [STILL] * len(halves), rgb)


def _tray(client: int, width: float) -> tuple[int, int]:
    """What is behind the front, inside the cabinet while the drawer is closed."""
    half = [DEPTH / 2 - 0.006, width / 2 - 0.006, 0.018]
    return boxes(client, [half], [[-DEPTH / 2 + 0.006, 0, 0.03]], [STILL], TRAY)
