"""A task's scene as a Gazebo world: table, cameras, light, and the bodies that PyBullet built."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pybullet

from fmac_ros.sim.cabinet import FRICTION, TRAVEL
from fmac_ros.sim.cameras import CAMERAS, FAR, NEAR, CameraSpec
from fmac_ros.sim.objects import Button, table
from fmac_ros.tasks import TASKS, find_goal

WORLD = "fmac"
VERSION = "1.9"
TABLE = (0.16, 0.17, 0.20)
IMAGE = 128  # [px]
RATE_HZ = 10
STEP = 0.002  # [s]
SYSTEMS = {  # library by system
    "Physics": "physics",
    "UserCommands": "user-commands",
    "SceneBroadcaster": "scene-broadcaster",
    "Sensors": "sensors",
}


def world_sdf(task: str, seed: int, image_topics: Mapping[str, str]) -> str:
    """SDF of the layout that ``seed`` draws for a task.

    Args:
        image_topics: topic of each camera.

    Raises:
        ValueError: no scene is known for the task.
    """
    sdf = ET.Element("sdf", version=VERSION)
    world = ET.SubElement(sdf, "world", name=WORLD)
    physics = ET.SubElement(world, "physics", name="steps", type="ignored")
    _texts(physics, {"max_step_size": STEP, "real_time_factor": 1.0})
    for system, library in SYSTEMS.items():
        found = {"filename": f"gz-sim-{library}-system", "name": f"gz::sim::systems::{system}"}
        plugin = ET.SubElement(world, "plugin", found)
        if system == "Sensors":
            _texts(plugin, {"render_engine": "ogre2"})
    _light(world)
    for camera in CAMERAS:
        _camera(world, camera, image_topics[camera.name])
    with _scene(task, seed) as (client, bodies):
        for body in bodies:
            _model(world, client, body)
    ET.indent(sdf)
    return '<?xml version="1.0"?>\n' + ET.tostring(sdf, encoding="unicode") + "\n"


@contextmanager
def _scene(task: str, seed: int) -> Iterator[tuple[int, range]]:
    """A physics client with the table and the task's objects, and its bodies."""
    goal = find_goal(task)
    client = pybullet.connect(pybullet.DIRECT)
    try:
        table(client, TABLE)
        TASKS[goal.task].build(client, goal, np.random.default_rng([0, seed]))
        yield client, range(pybullet.getNumBodies(physicsClientId=client))
    finally:
        pybullet.disconnect(physicsClientId=client)


def _model(world: ET.Element, client: int, body: int) -> None:
    """One body with its links; what has no mass is static, or fixed if something moves on it."""
    mass = pybullet.getDynamicsInfo(body, -1, physicsClientId=client)[0]
    joints = [
        pybullet.getJointInfo(body, index, physicsClientId=client)
        for index in range(pybullet.getNumJoints(body, physicsClientId=client))
    ]
    model = ET.SubElement(world, "model", name=f"object_{body}" if body else "table")
    place = pybullet.getBasePositionAndOrientation(body, physicsClientId=client)
    _texts(model, {"static": str(not mass and not joints).lower(), "pose": _pose(*place)})
    for index in range(-1, len(joints)):
        _link(model, client, body, index)
    if joints and not mass:
        _joint(model, "to_world", "fixed", "world", _name(-1))
    for index, joint in enumerate(joints):
        _moving(model, client, body, index, joint)


def _name(index: int) -> str:
    return f"link_{index}" if index >= 0 else "base"


def _link(model: ET.Element, client: int, body: int, index: int) -> None:
    """A link at its parent's pose and offset, with the shapes that PyBullet shows."""
    link = ET.SubElement(model, "link", name=_name(index))
    if index >= 0:
        joint = pybullet.getJointInfo(body, index, physicsClientId=client)
        pose = ET.SubElement(link, "pose", relative_to=_name(joint[16]))
        pose.text = _pose(joint[14], joint[15])
    mass = pybullet.getDynamicsInfo(body, index, physicsClientId=client)[0] or 1.0
    inertial = ET.SubElement(link, "inertial")
    _texts(inertial, {"mass": mass})
    moments = mass * 0.02**2  # of a small lump; the objects are small, and some have no size
    _texts(
        ET.SubElement(inertial, "inertia"),
        {"ixx": moments, "iyy": moments, "izz": moments, "ixy": 0, "ixz": 0, "iyz": 0},
    )
    solid = pybullet.getCollisionShapeData(body, index, physicsClientId=client)
    shown = pybullet.getVisualShapeData(body, physicsClientId=client)
    shapes = [shape for shape in shown if shape[1] == index]
    for number, shape in enumerate(shapes):
        kinds = ("visual", "collision") if solid else ("visual",)
        for kind in kinds:
            _shape(link, kind, number, shape)


def _shape(link: ET.Element, kind: str, number: int, shape: Sequence) -> None:
    element = ET.SubElement(link, kind, name=f"{kind}_{number}")
    _texts(element, {"pose": _pose(shape[5], shape[6])})
    geometry = ET.SubElement(element, "geometry")
    form, size = shape[2], shape[3]
    if form == pybullet.GEOM_BOX:
        _texts(ET.SubElement(geometry, "box"), {"size": _numbers(size)})
    elif form == pybullet.GEOM_SPHERE:
        _texts(ET.SubElement(geometry, "sphere"), {"radius": size[0]})
    elif form == pybullet.GEOM_CYLINDER:
        _texts(ET.SubElement(geometry, "cylinder"), {"length": size[0], "radius": size[1]})
    else:
        raise ValueError(f"shape of kind {form} in a scene, valid: box, sphere, cylinder")
    if kind == "visual":
        colour = _numbers(shape[7])
        _texts(ET.SubElement(element, "material"), {"ambient": colour, "diffuse": colour})


def _moving(model: ET.Element, client: int, body: int, index: int, info: Sequence) -> None:
    """The joint above a link: a sprung cap, a drawer, or a part that is fixed to its parent."""
    parent = _name(info[16])
    if info[2] != pybullet.JOINT_PRISMATIC:
        _joint(model, f"joint_{index}", "fixed", parent, _name(index))
        return
    joint = _joint(model, f"joint_{index}", "prismatic", parent, _name(index))
    axis = ET.SubElement(joint, "axis")
    _texts(axis, {"xyz": _numbers(info[13])})
    # PyBullet does not tell limits that were set after a body was made, nor motors: what slides
    # upright is a button's cap on its spring, what slides level a drawer.
    sprung = abs(info[13][2]) > 0.5
    lower, upper = (-Button.TRAVEL, 0.0) if sprung else (0.0, TRAVEL)
    stiffness = Button.SPRING / Button.PRESSED if sprung else 0.0
    _texts(ET.SubElement(axis, "limit"), {"lower": lower, "upper": upper})
    resistance = {"damping": 1.0, "friction": 0.0 if sprung else FRICTION}
    spring = {"spring_reference": 0.0, "spring_stiffness": stiffness}
    _texts(ET.SubElement(axis, "dynamics"), {**resistance, **spring})


def _joint(model: ET.Element, name: str, kind: str, parent: str, child: str) -> ET.Element:
    joint = ET.SubElement(model, "joint", name=name, type=kind)
    _texts(joint, {"parent": parent, "child": child})
    return joint


def _camera(world: ET.Element, camera: CameraSpec, topic: str) -> None:
    """A camera that looks where the simulated one does: along x, turned about z and then y."""
    model = ET.SubElement(world, "model", name=f"{camera.name}_camera")
    way = np.subtract(camera.target, camera.eye)
    yaw, pitch = np.arctan2(way[1], way[0]), np.arctan2(-way[2], np.hypot(way[0], way[1]))
    _texts(model, {"static": "true", "pose": _numbers((*camera.eye, 0.0, pitch, yaw))})
    link = ET.SubElement(model, "link", name="link")
    sensor = ET.SubElement(link, "sensor", name=camera.name, type="camera")
    _texts(sensor, {"topic": topic, "update_rate": RATE_HZ, "always_on": "true"})
    lens = ET.SubElement(sensor, "camera")
    _texts(lens, {"horizontal_fov": np.radians(camera.fov_deg)})  # the images are square
    _texts(ET.SubElement(lens, "image"), {"width": IMAGE, "height": IMAGE, "format": "R8G8B8"})
    _texts(ET.SubElement(lens, "clip"), {"near": NEAR, "far": FAR})
    _texts(lens, {"optical_frame_id": f"{camera.name}_optical_frame"})


def _light(world: ET.Element) -> None:
    light = ET.SubElement(world, "light", name="sun", type="directional")
    colour = {"diffuse": "0.8 0.8 0.8 1", "specular": "0 0 0 1", "direction": "-0.6 0.5 -1.2"}
    _texts(light, {"cast_shadows": "false", "pose": "0 0 3 0 0 0", **colour})


def _texts(parent: ET.Element, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        text = f"{value:g}" if isinstance(value, (int, float)) else str(value)
        ET.SubElement(parent, name).text = text


def _pose(position: Sequence[float], quaternion: Sequence[float]) -> str:
    return _numbers((*position, *pybullet.getEulerFromQuaternion(quaternion)))


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)
