"""The settings of a run: their defaults (config/fmac.yaml), help and valid values.

``fmac`` makes its options and the launch files make their arguments from this one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.driver_config import CELLS, DRIVERS
from fmac_ros.learning.config import (
    ALGORITHMS,
    AUDITS,
    KL_WEIGHTS,
    OBJECTIVES,
    TRAIN_BEHAVIOURS,
)
from fmac_ros.paths import config_dir
from fmac_ros.priors.imagining import IMAGINE
from fmac_ros.robots import known_robots
from fmac_ros.trust.calibration import TAIL, UNITS

PERSON, PAIRED, SERVICE = "person", "paired", "service"
SCENE_RESETS = (PERSON, "none", PAIRED, SERVICE)

Value = Any  # bool, int, float, str, or a list of one of them: what a ROS parameter can be
Parameters = dict[str, Value]
SHARED = "/**"  # the wildcard of ROS 2 parameter files: all nodes


@dataclass(frozen=True)
class Setting:
    """One setting a user may choose.

    Attributes:
        help: one line, for ``--help`` and ``ros2 launch --show-args``.
        choices: the valid values, None where any value of the default's type is.
        minimum, maximum: smallest and largest valid number, None where there is none.
    """

    help: str
    choices: Callable[[], tuple[str, ...]] | None = None
    minimum: float | None = None
    maximum: float | None = None


SETTINGS: dict[str, Setting] = {
    "robot": Setting("arm to train, a file in config/robots", choices=known_robots),
    "task": Setting(
        "sentence that says what the arm shall do; fmac tasks lists them; several, each given "
        "as another task or with ; between them, are learned by one policy"
    ),
    "paired": Setting(
        "sentence of a task that undoes the first one (open, close): both are trained in turn, and "
        "the success of one sets the scene up for the other; none: one task"
    ),
    "seed": Setting("seed of layouts, networks and noise", minimum=0),
    "algorithm": Setting(
        "learning algorithm: fmac is the paper's, fac its follow-up with a learned critic",
        choices=lambda: ALGORITHMS,
    ),
    "env_steps": Setting("environment steps to train for", minimum=1),
    "horizon": Setting("time limit of an episode [steps]; more where a task needs it", minimum=1),
    "action_space": Setting(
        "what an action moves; with the gripper where a task needs it",
        choices=lambda: ("ee_delta", "joint_delta", "ee_delta_gripper"),
    ),
    "priors": Setting("foundation priors: embedded, or a directory that fmac pretrain made"),
    "objective": Setting(
        "fmac: form of equation 2; literal is the paper's, stabilised bounds its advantage term",
        choices=lambda: OBJECTIVES,
    ),
    "kl_weight": Setting(
        "what counts in the KL term: certain, states by how sure inverse dynamics is; informed, "
        "components of an action by how much of them it reads in the next picture",
        choices=lambda: KL_WEIGHTS,
    ),
    "use_video": Setting("learn with the video prior"),
    "use_value": Setting("learn with the value prior"),
    "warm_start": Setting(
        "fac: episodes after the random play that follow the imagined video", minimum=0
    ),
    "choose_by_q": Setting("fac: act with the better of policy and video, by the critic"),
    "behaviour": Setting(
        "who acts: policy learns and acts; prior follows video and inverse dynamics alone",
        choices=lambda: TRAIN_BEHAVIOURS,
    ),
    "look_ahead": Setting("imagined frame that stands for the next state", minimum=1),
    "imagine": Setting(
        "how often the video is imagined for learning: anew from every state, once an episode, or "
        "where the arm is no longer near one of its frames",
        choices=lambda: IMAGINE,
    ),
    "success_fpr": Setting(
        "false positives that the success prior's threshold is calibrated to (0.001 is one in "
        "a thousand), 0 for the threshold it comes with",
        minimum=0,
        maximum=TAIL,
    ),
    "success_fpr_per": Setting(
        "what success_fpr counts false positives per", choices=lambda: UNITS
    ),
    "success_frames": Setting("success verdicts in a row that end an episode", minimum=1),
    "audit": Setting(
        "who looks at a claimed success before it is learned from: priors asks the value prior, "
        "human asks at the terminal and on the topic audit/question",
        choices=lambda: AUDITS,
    ),
    "reliability": Setting("weigh each prior by its agreement with outcomes"),
    "lockstep": Setting("simulated time advances once a command, as fast as possible"),
    "cameras": Setting(
        "file of cameras to start (config/cameras or a path); none: the one that config/robots "
        "names, or other drivers publish them"
    ),
    "driver": Setting(
        "what drives a real arm: a ros2_control stack, or franka_driver over libfranka",
        choices=lambda: DRIVERS,
    ),
    "address": Setting("name or IP address of the arm, for driver franka"),
    "cell": Setting(
        "what surrounds a real arm: simulated shows a loopback arm at a simulated table",
        choices=lambda: CELLS,
    ),
    "controller": Setting(
        "trajectory controller of the arm; none: the one that config/robots names for this ROS"
    ),
    "scene_reset": Setting(
        "how objects are reset on a real arm: a person is asked, not at all, by the other task of "
        "a pair (paired), or by a service reset_scene",
        choices=lambda: SCENE_RESETS,
    ),
    "device": Setting(
        "where the networks train and the embedded priors compute: cpu, cuda, another device of "
        "torch, or auto, the fastest that is here"
    ),
    "run_dir": Setting("directory that the run is kept in"),
    "resume": Setting("continue the run in run_dir"),
    "episodes": Setting("held-out layouts to evaluate on", minimum=1),
    "checkpoint": Setting("run directory whose policy is evaluated"),
    "result_file": Setting("file the evaluation writes its JSON to"),
}


@dataclass(frozen=True)
class Defaults:
    """config/fmac.yaml: settings shared by nodes, and each node's own parameters."""

    shared: Parameters
    nodes: dict[str, Parameters]


def load_defaults() -> Defaults:
    """Read config/fmac.yaml, a ROS 2 parameter file.

    Raises:
        ValueError: the file does not have the form of a ROS 2 parameter file.
    """
    path = config_dir() / "fmac.yaml"
    document = yaml.safe_load(path.read_text())
    if not isinstance(document, dict) or SHARED not in document:
        raise ValueError(f"{path} has no {SHARED!r} section, valid: a ROS 2 parameter file")
    sections = {name: _parameters(path, name, body) for name, body in document.items()}
    return Defaults(sections.pop(SHARED), sections)


def _parameters(path: Path, node: str, body: Any) -> Parameters:
    if not isinstance(body, dict) or not isinstance(body.get("ros__parameters"), dict):
        raise ValueError(f"{path}: section {node!r} holds no 'ros__parameters' table")
    return dict(body["ros__parameters"])


def check(given: Mapping[str, Value], defaults: Mapping[str, Value]) -> Parameters:
    """Give ``given`` back with each value known to be valid for its setting.

    Raises:
        ValueError: a name or value is not valid; says what is.
    """
    return {name: _check_one(name, value, defaults) for name, value in given.items()}


def _check_one(name: str, value: Value, defaults: Mapping[str, Value]) -> Value:
    if name not in defaults:
        raise ValueError(f"no setting {name!r}, valid: {', '.join(sorted(defaults))}")
    kind = type(defaults[name])
    if type(value) is not kind:
        raise ValueError(f"{name} is {value!r}, valid: a {kind.__name__}")
    setting = SETTINGS[name]
    if setting.choices is not None and value not in setting.choices():
        raise ValueError(f"{name} is {value!r}, valid: {', '.join(setting.choices())}")
    if setting.minimum is not None and isinstance(value, (int, float)) and value < setting.minimum:
        raise ValueError(f"{name} is {value}, valid: {setting.minimum:g} or more")
    if setting.maximum is not None and isinstance(value, (int, float)) and value > setting.maximum:
        raise ValueError(f"{name} is {value}, valid: {setting.maximum:g} or less")
    return value


def parse(name: str, text: str, defaults: Mapping[str, Value]) -> Value:
    """Read a setting's value from a command line, by the type of its default.

    Raises:
        ValueError: the text is not of that type.
    """
    kind = type(defaults[name])
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{name} is {text!r}, valid: true, false")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, valid: a {kind.__name__}") from None
