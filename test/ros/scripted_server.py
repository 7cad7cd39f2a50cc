"""A running prior_server whose priors do what the test tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future
from scripted_priors import CAST, Scripted
from tiny_priors import save_tiny_priors

from fmac_ros.action import GenerateVideo
from fmac_ros.nodes.prior_server import PriorServer
from fmac_ros.ros import names, qos
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

TASK = "press the red button"
KINDS = ("value", "success", "video")


class Client:
    """One arm's view of the server; in a namespace its requests go to ``/shared``."""

    def __init__(self, ros: Any, name: str, namespace: str = "") -> None:
        asked = (names.ESTIMATE_VALUE, names.DETECT_SUCCESS, names.GENERATE_VIDEO)
        moved = [word for n in asked for word in ("-r", f"{n}:=/shared/{n}")] if namespace else []
        self.node = ros.add(
            lambda **options: Node(
                name, namespace=namespace, cli_args=["--ros-args", *moved], **options
            )
        )
        profile = {"qos_profile": qos.requests(100)}
        self._value = self.node.create_client(EstimateValue, names.ESTIMATE_VALUE, **profile)
        self._success = self.node.create_client(DetectSuccess, names.DETECT_SUCCESS, **profile)
        self._video: Any = ActionClient(self.node, GenerateVideo, names.GENERATE_VIDEO)
        for ready in (
            self._value.service_is_ready,
            self._success.service_is_ready,
            self._video.server_is_ready,
        ):
            assert ros.spin_until(ready, 10.0), "the server is not there"
        ros.spin_for(0.5)  # the server may not have found the client's side yet
        self._ros = ros

    def value(self, pictures: np.ndarray, task: str = TASK) -> Future:
        """Ask for values, without waiting."""
        return self._value.call_async(
            EstimateValue.Request(task=task, pictures=pictures_to_msgs(pictures))
        )

    def success(self, pictures: np.ndarray, task: str = TASK) -> Future:
        """Ask for verdicts, without waiting."""
        return self.send_success(
            DetectSuccess.Request(task=task, pictures=pictures_to_msgs(pictures))
        )

    def send_success(self, request: DetectSuccess.Request) -> Future:
        """Send a request as it is."""
        return self._success.call_async(request)

    def video(self, pictures: np.ndarray, shares: list[float] | None = None) -> Any:
        """The handle of an accepted goal; ``shares`` gets its feedback."""
        goal = GenerateVideo.Goal(task=TASK, pictures=pictures_to_msgs(pictures), seed=7)
        told = [] if shares is None else shares
        sent = self._video.send_goal_async(goal, lambda m: told.append(m.feedback.progress))
        return self.answer(sent)

    def answer(self, future: Future, timeout: float = 10.0) -> Any:
        """Wait for an answer."""
        assert self._ros.spin_until(future.done, timeout), "no answer"
        return future.result()


class Server:
    """The node with scripted priors, and what it says of its health."""

    def __init__(self, ros: Any, folder: Path, namespace: str = "", **parameters: Any) -> None:
        save_tiny_priors(folder / "root")
        self.value, self.success, self.video = (Scripted() for _ in KINDS)
        CAST.update(zip(KINDS, (self.value, self.success, self.video), strict=True))
        spec = folder / "priors.yaml"
        lines = [f"root: {folder / 'root'}", *(f"{kind}: {{backend: scripted}}" for kind in KINDS)]
        spec.write_text("\n".join(lines))
        self._said: list[Any] = []
        ros.node("listener").create_subscription(
            DiagnosticArray, names.DIAGNOSTICS, lambda m: self._said.append(m.status[0]), 10
        )

        def make(**options: Any) -> PriorServer:
            return PriorServer(namespace=namespace, **options)

        self.node = ros.add(make, priors=str(spec), **parameters)
        self.client = Client(ros, "arm", "arm" if namespace else "")
        assert ros.spin_until(lambda: self._said and b"serving" in self.message.encode(), 30.0)

    @property
    def message(self) -> str:
        """The newest diagnostics."""
        return self._said[-1].message

    @property
    def level(self) -> bytes:
        return self._said[-1].level

    def number(self, key: str) -> int:
        """A number of the newest diagnostics."""
        return int({pair.key: pair.value for pair in self._said[-1].values}[key])

    def release(self) -> None:
        """Let all priors go on."""
        for prior in (self.value, self.success, self.video):
            prior.open.set()
