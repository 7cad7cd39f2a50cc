"""Where blocks are brought: flat marks, plates and bowls."""

from __future__ import annotations

import numpy as np
import pybullet

from fmac_ros.sim.objects import shape_of

MARK_RADIUS = 0.045  # [m]
PLATE_RADIUS = 0.055  # [m]
PLATE_HEIGHT = 0.010  # [m]
BOWL_RADIUS = 0.060  # [m], inside
BOWL_HEIGHT = 0.035  # [m]
BOWL_FLOOR = 0.006  # [m]
BOWL_SIDES = 8
CHINA = (0.88, 0.88, 0.92)


def mark(client: int, xy: np.ndarray, rgb: tuple[float, float, float]) -> int:
    """A coloured disc painted on the table at ``xy`` [m]; nothing can touch it."""
    height = 0.002
    disc = pybullet.createVisualShape(
        pybullet.GEOM_CYLINDER,
        radius=MARK_RADIUS,
        length=height,
        rgbaColor=(*rgb, 1.0),
        physicsClientId=client,
    )
    position = (xy[0], xy[1], height / 2)
    return pybullet.createMultiBody(0, -1, disc, position, physicsClientId=client)


def plate(client: int, xy: np.ndarray, rgb: tuple[float, float, float]) -> int:
    """A fixed flat plate at ``xy`` [m]."""
    cylinder = {"radius": PLATE_RADIUS, "height": PLATE_HEIGHT}
    collision, visual = shape_of(client, pybullet.GEOM_CYLINDER, rgb, **cylinder)
    position = (xy[0], xy[1], PLATE_HEIGHT / 2)
    return pybullet.createMultiBody(0, collision, visual, position, physicsClientId=client)


def bowl(client: int, xy: np.ndarray) -> int:
    """A fixed white bowl at ``xy`` [m]: a floor and upright sides in a ring."""
    width = 2 * BOWL_RADIUS * np.tan(np.pi / BOWL_SIDES) + 0.004
    halves, centres, turns = [], [], []
    for angle in np.arange(BOWL_SIDES) * 2 * np.pi / BOWL_SIDES:
        halves.append([0.003, width / 2, BOWL_HEIGHT / 2])
        radius = BOWL_RADIUS + 0.003
        centres.append([radius * np.cos(angle), radius * np.sin(angle), BOWL_HEIGHT / 2])
        turns.append(pybullet.getQuaternionFromEuler((0, 0, angle)))
    for angle in (0.0, np.pi / 4):  # two squares crossed are the floor
        half = BOWL_RADIUS * np.cos(np.pi / 4) + 0.01
        halves.append([half, half, BOWL_FLOOR / 2])
        centres.append([0, 0, BOWL_FLOOR / 2])
        turns.append(pybullet.getQuaternionFromEuler((0, 0, angle)))
    collision, visual = boxes(client, halves, centres, turns, CHINA)
    position = (xy[0], xy[1], 0.0)
    return pybullet.createMultiBody(0, collision, visual, position, physicsClientId=client)


def boxes(
    client: int,
    halves: list[list[float]],
    centres: list[list[float]],
    turns: list[tuple[float, ...]],
    rgb: tuple[float, float, float],
) -> tuple[int, int]:
    """Collision and visual shape of one body made of boxes: half sizes, places, quaternions."""
    kinds = [pybullet.GEOM_BOX] * len(halves)
    collision = pybullet.createCollisionShapeArray(
        shapeTypes=kinds,
        halfExtents=halves,
        collisionFramePositions=centres,
        collisionFrameOrientations=turns,
        physicsClientId=client,
    )
    visual = pybullet.createVisualShapeArray(
        shapeTypes=kinds,
        halfExtents=halves,
        visualFramePositions=centres,
        visualFrameOrientations=turns,
        rgbaColors=[[*rgb, 1.0]] * len(halves),
        physicsClientId=client,
    )
    return collision, visual
