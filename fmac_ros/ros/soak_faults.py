"""Does to a running graph what a schedule says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, Float64
from trajectory_msgs.msg import JointTrajectory

from fmac_ros.action import Rollout
from fmac_ros.bench.soak.schedule import Event
from fmac_ros.msg import Observation, PolicyParameters
from fmac_ros.robots import load_robot
from fmac_ros.ros import fault_kinds as kinds
from fmac_ros.ros import names
from fmac_ros.ros.fault_desk import FaultDesk
from fmac_ros.ros.fault_relay import CAMERAS
from fmac_ros.srv import Reset

FLOOD_PERIOD = 0.01  # [s]
SHIFT = 3.0  # [s] by which a clock jumps

IMAGES: dict[str, Callable[[], kinds.Fault]] = {
    "lost": lambda: kinds.lost,
    "late": lambda: kinds.Late(0.5),
    "frozen": kinds.Frozen,
    "encoding": lambda: kinds.Changed(encoding="yuv422"),
    "small": lambda: kinds.small,
    "cut_short": lambda: kinds.cut_short,
    "gaps": lambda: kinds.some(0.5, np.random.default_rng(0)),
}
JOINTS: dict[str, Callable[[], kinds.Fault]] = {
    "lost": lambda: kinds.lost,
    "late": lambda: kinds.Late(0.5),
    "reordered": lambda: kinds.Joints(lambda joints: joints[::-1]),
    "extra": lambda: kinds.Joints(lambda joints: joints, ("wheel",)),
    "fewer": lambda: kinds.Joints(lambda joints: joints[1:]),
    "uncounted": lambda: kinds.uncounted,
    "nan": lambda: kinds.not_a_number,
}
CLOCKS: dict[str, Callable[[], kinds.Fault]] = {
    "lost": lambda: kinds.lost,
    "back": lambda: kinds.Shifted(-SHIFT),
    "ahead": lambda: kinds.Shifted(SHIFT),
}
GARBAGE = {"truncated": b"\x10\x00\x00\x00\x00\x00\x00\x00{", "foreign": b"\x80\x04pickle"}


class SoakFaults:
    """Begins and ends faults; each event is over when :meth:`inject` returns.

    Args:
        pids: process ids of the nodes that run.
    """

    def __init__(self, desk: FaultDesk, robot: str, pids: Callable[[], dict[str, int]]) -> None:
        self._desk = desk
        self._pids = pids
        self._commands = names.joint_trajectory(load_robot(robot).controller)
        self._setting: Any = desk.node.create_client(SetParameters, "policy_node/set_parameters")
        self._kinds: dict[str, Callable[[Event, ExitStack], None]] = {
            "kill": self._kill,
            "stop": self._stop,
            "images": self._images,
            "joints": self._joints,
            "clock": self._clock,
            "commands": self._lose_commands,
            "operator": self._operator,
            "stranger": self._stranger,
            "policy": self._policy,
        }

    def inject(self, event: Event, pause: Callable[[float], None]) -> None:
        """Let one event happen; ``pause`` waits for a time [s]."""
        with ExitStack() as undo:
            if event.kind == "flood":
                self._flood(event)
                return
            self._kinds[event.kind](event, undo)
            pause(event.lasts)

    def _kill(self, event: Event, undo: ExitStack) -> None:
        self._signal(event.what, signal.SIGKILL)

    def _stop(self, event: Event, undo: ExitStack) -> None:
        self._signal(event.what, signal.SIGSTOP)
        undo.callback(self._signal, event.what, signal.SIGCONT)

    def _signal(self, node: str, number: int) -> None:
        if (pid := self._pids().get(node)) is not None:
            os.kill(pid, number)

    def _images(self, event: Event, undo: ExitStack) -> None:
        for camera in CAMERAS:
            self._spoil(names.camera_image(camera), IMAGES[event.what](), undo)

    def _joints(self, event: Event, undo: ExitStack) -> None:
        self._spoil(names.JOINT_STATES, JOINTS[event.what](), undo)

    def _clock(self, event: Event, undo: ExitStack) -> None:
        self._spoil(names.CLOCK, CLOCKS[event.what](), undo)

    def _lose_commands(self, event: Event, undo: ExitStack) -> None:
        measured = self._desk.recorder.measured
        # A controller that takes commands again in the middle of a motion jumps to it.
        undo.callback(lambda: measured.disturbed(measured.stamp))
        self._spoil(self._commands, kinds.lost, undo)

    def _spoil(self, topic: str, fault: kinds.Fault, undo: ExitStack) -> None:
        self._desk.relay.spoil(topic, fault)
        undo.callback(self._desk.relay.spoil, topic, None)

    def _operator(self, event: Event, undo: ExitStack) -> None:
        desk = self._desk
        if event.what == "emergency_stop":
            desk.stop.publish(Bool(data=True))
            undo.callback(desk.stop.publish, Bool(data=False))
        elif event.what == "disarm":
            desk.arm(False, timeout=1.0)
        else:
            desk.speed.publish(Float64(data=0.0 if event.what == "pause" else 0.3))
            undo.callback(desk.speed.publish, Float64(data=1.0))

    def _stranger(self, event: Event, undo: ExitStack) -> None:
        intruder = undo.enter_context(self._desk.another("stranger"))
        if event.what == "commands":
            intruder.create_publisher(JointTrajectory, self._commands, 1)
        else:
            intruder.create_publisher(Observation, names.OBSERVATION, 1)

    def _policy(self, event: Event, undo: ExitStack) -> None:
        data = list(GARBAGE[event.what])
        self._desk.parameters.publish(PolicyParameters(version=1, data=data))

    def _flood(self, event: Event) -> None:
        desk = self._desk
        parameter = Parameter("robot", value="x" * 10_000).to_parameter_msg()
        goal = Rollout.Goal(episode_id="../" * 1000, behaviour="fly", task="x" * 10_000)
        calls: dict[str, Callable[[], object]] = {
            "reset": lambda: desk.resetting.call_async(Reset.Request(split="nowhere")),
            "rollout": lambda: desk.rollouts.send_goal_async(goal),
            "parameters": lambda: self._setting.call_async(
                SetParameters.Request(parameters=[parameter])
            ),
        }
        end = time.monotonic() + event.lasts
        while time.monotonic() < end:
            calls[event.what]()
            time.sleep(FLOOD_PERIOD)
