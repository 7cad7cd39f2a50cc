"""Whether an arm hits itself or the table, on Pinocchio's collision geometry.

Meshes count as their convex hulls: solid, a little too large, and hundreds of times faster
than the 2 ms that a check may take. Links that are neighbours, or that touch at home, may touch.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path

import coal
import numpy as np
import pinocchio as pin

from fmac_ros.control.chain import arm_urdf
from fmac_ros.control.kinematics import arm_only
from fmac_ros.robots import RobotConfig
from fmac_ros.sim.tool import robot_urdf

TABLE = "table"
CAPSULE_RADIUS = 0.05  # [m], of the links of an arm whose meshes are not on this machine
DEEPER = 1e-4  # [m] by which a touch that was there before may grow


class Collisions:
    """Self-collision and table collision of one arm, fingers closed. The table is at z = 0.

    Args:
        robot: the arm.
        urdf: URDF text to use instead of the robot's own, such as /robot_description.

    Attributes:
        from_meshes: whether the URDF's own shapes are used; else capsules between the joints,
            because a mesh file that the URDF names is not here.
    """

    def __init__(self, robot: RobotConfig, urdf: str | None = None) -> None:
        text = arm_urdf(robot, urdf if urdf is not None else robot_urdf(robot))
        whole = pin.buildModelFromXML(text)
        shapes = _shapes(whole, text)
        self.from_meshes = shapes is not None
        arm, shapes = arm_only(whole, robot, shapes if shapes is not None else pin.GeometryModel())
        if not self.from_meshes:
            _add_capsules(arm, shapes, robot.ee_link)
        _add_table(shapes, -float(robot.base_position[2]))
        self._model, self._shapes = arm, shapes
        self._data = arm.createData()
        self._allow_neighbours()
        self._allow_what_touches_at(robot.home)

    def twin(self) -> Collisions:
        """The same arm for another thread: what a check writes to is not shared."""
        twin = copy.copy(self)
        twin._data, twin._found = self._model.createData(), self._shapes.createData()
        return twin

    def fault(self, q: np.ndarray, start: np.ndarray | None = None) -> str:
        """What collides at joint positions q (n,), empty if nothing.

        Args:
            start: (n,) where the arm is; a pair that touches there may stay or come apart.
        """
        if not pin.computeCollisions(
            self._model, self._data, self._shapes, self._found, np.asarray(q, float), True
        ):
            return ""
        for index in self._touching(q):
            if start is None or self._goes_deeper(index, np.asarray(start, float), q):
                return self._words(index)
        return ""

    def path_fault(self, positions: np.ndarray) -> str:
        """The first collision along positions (k, n), of which the first is where the arm is."""
        for q in positions[1:]:
            if text := self.fault(q, positions[0]):
                return text
        return ""

    def _touching(self, q: np.ndarray) -> list[int]:
        pin.computeCollisions(self._model, self._data, self._shapes, self._found, q, False)
        results = self._found.collisionResults
        return [i for i in range(len(self._shapes.collisionPairs)) if results[i].isCollision()]

    def _goes_deeper(self, index: int, start: np.ndarray, q: np.ndarray) -> bool:
        if index not in self._touching(start):
            return True
        return self._distance(index, q) < self._distance(index, start) - DEEPER

    def _distance(self, index: int, q: np.ndarray) -> float:
        """Distance of a pair [m], negative where its shapes overlap."""
        pin.updateGeometryPlacements(self._model, self._data, self._shapes, self._found, q)
        return float(pin.computeDistance(self._shapes, self._found, index).min_distance)

    def _words(self, index: int) -> str:
        pair = self._shapes.collisionPairs[index]
        names = [self._shapes.geometryObjects[i].name for i in (pair.first, pair.second)]
        return " and ".join(names)

    def _allow_neighbours(self) -> None:
        shapes, parents = self._shapes, self._model.parents
        objects = shapes.geometryObjects
        for i, one in enumerate(objects):
            for j in range(i + 1, len(objects)):
                first, second = one.parentJoint, objects[j].parentJoint
                near = parents[second] == first or parents[first] == second
                if first != second and (not near or objects[j].name == TABLE):
                    shapes.addCollisionPair(pin.CollisionPair(i, j))
        self._found = shapes.createData()

    def _allow_what_touches_at(self, home: np.ndarray) -> None:
        pairs = [self._shapes.collisionPairs[i] for i in self._touching(np.array(home))]
        for first, second in [(pair.first, pair.second) for pair in pairs]:
            self._shapes.removeCollisionPair(pin.CollisionPair(first, second))
        self._found = self._shapes.createData()


def _shapes(model: pin.Model, urdf: str) -> pin.GeometryModel | None:
    """Collision geometry of a URDF, meshes as convex hulls; None where a mesh is not found."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    folders = [str(Path(prefix, "share")) for prefix in prefixes if prefix]
    try:
        kind = pin.GeometryType.COLLISION
        shapes = pin.buildGeomFromUrdfString(model, urdf, kind, None, folders)
    except (ValueError, RuntimeError):
        return None
    for item in shapes.geometryObjects:
        if isinstance(item.geometry, coal.BVHModelBase):
            item.geometry.buildConvexHull(False, "Qt")
            item.geometry = item.geometry.convex
    return shapes if shapes.ngeoms else None


def _add_capsules(arm: pin.Model, shapes: pin.GeometryModel, tip: str) -> None:
    """A capsule on every link, from its joint to the next one; the last goes to the tip."""
    ends = {arm.parents[joint]: arm.jointPlacements[joint] for joint in range(2, arm.njoints)}
    ends[arm.njoints - 1] = arm.frames[arm.getFrameId(tip)].placement
    for joint in range(1, arm.njoints):
        way = ends[joint].translation
        length = float(np.linalg.norm(way))
        turn = pin.Quaternion.FromTwoVectors(np.array([0.0, 0.0, 1.0]), way if length else _UP)
        # The tool must be able to come near to the table, so its cap ends at the tip.
        reach = max(length - (CAPSULE_RADIUS if joint == arm.njoints - 1 else 0.0), 1e-3)
        middle = way * (reach / (2 * length)) if length else way
        place = pin.SE3(turn.matrix(), middle)
        shape = coal.Capsule(CAPSULE_RADIUS, reach)
        name = f"link of {arm.names[joint]}"
        shapes.addGeometryObject(pin.GeometryObject(name, joint, place, shape))


def _add_table(shapes: pin.GeometryModel, height: float) -> None:
    """Everything below ``height`` [m] in the frame of the arm's base."""
    place = pin.SE3(np.eye(3), np.array([0.0, 0.0, height]))
    below = coal.Halfspace(_UP, 0.0)
    shapes.addGeometryObject(pin.GeometryObject(TABLE, 0, place, below))


_UP = np.array([0.0, 0.0, 1.0])
