"""Names of every topic, service and action of the graph.

Relative names, so that a namespace holds one arm. Only what ROS itself reads by an
absolute name (``/clock``, ``/diagnostics``) is absolute here.
"""

from __future__ import annotations

# Robot side: the ros2_control contract.
JOINT_STATES = "joint_states"
ROBOT_DESCRIPTION = "robot_description"
CLOCK = "/clock"
RESET = "reset"
RESET_SCENE = "reset_scene"  # of a cell that can set its objects up by itself
RESET_WAITING = "reset/waiting"
RESET_QUESTION = "reset/question"
SCENE_READY = "reset_node/scene_ready"
EMERGENCY_STOP = "emergency_stop"
SPEED_SCALING = "speed_scaling"

# Learning side.
OBSERVATION = "observation"
TRANSITIONS = "transitions"
POLICY_PARAMETERS = "policy_parameters"
TRAINER_STATUS = "trainer_status"
GATE_STATUS = "gate_status"
ROLLOUT = "rollout"
MOVE_ARM = "move_arm"

# Priors.
ESTIMATE_VALUE = "estimate_value"
DETECT_SUCCESS = "detect_success"
GENERATE_VIDEO = "generate_video"

# A person's word about claimed successes, where that is asked for.
AUDIT_QUESTION = "audit/question"
AUDIT_PICTURE = "audit/picture"
AUDIT_ANSWER = "audit/answer"

# Read by evaluation only, never by training.
GROUND_TRUTH = "evaluation/ground_truth"

DIAGNOSTICS = "/diagnostics"


def camera_image(camera: str) -> str:
    """Topic of a camera's images, ``front/image_raw``."""
    return f"{camera}/image_raw"


def compressed(image_topic: str) -> str:
    """Topic of an image topic's compressed form, ``front/image_raw/compressed``."""
    return f"{image_topic}/compressed"


def camera_info(camera: str) -> str:
    """Topic of a camera's calibration, ``front/camera_info``."""
    return f"{camera}/camera_info"


def joint_trajectory(controller: str) -> str:
    """Topic on which a ros2_control trajectory controller takes its commands."""
    return f"{controller}/joint_trajectory"
