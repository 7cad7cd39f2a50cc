"""What a training run tells the graph: parameters and status."""

from __future__ import annotations

import array
import threading
import time
from dataclasses import dataclass

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fmac_ros.learning.progress import Progress, Subscriber
from fmac_ros.msg import PolicyParameters, TrainerStatus
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import floats_to_field
from fmac_ros.ros.publishing import publish
from fmac_ros.types import Episode

_STATUS_PERIOD = 0.5  # [s]


@dataclass(frozen=True)
class RunIdentity:
    """What every message of a run says of it."""

    run_id: str
    task: str
    robot: str
    algorithm: str


class PolicyPublisherHook(Subscriber):
    """Publishes parameters, latched.

    Attributes:
        version: version published last.
    """

    def __init__(self, node: Node, identity: RunIdentity) -> None:
        self.version = 0
        self._node = node
        self._identity = identity
        self._publisher = node.create_publisher(
            PolicyParameters, names.POLICY_PARAMETERS, qos.LATCHED
        )

    def on_parameters(self, version: int, data: bytes) -> None:
        """Publish ``data``, for ``Actor.from_bytes``."""
        message = PolicyParameters(
            version=version,
            run_id=self._identity.run_id,
            algorithm=self._identity.algorithm,
            data=array.array("B", data),
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        publish(self._node, self._publisher, message)
        self.version = version


class StatusHook(Subscriber):
    """Publishes the trainer's status twice a second, and what happens to the log.

    Attributes:
        silent: set to publish only when asked to: the other run of a pair has its turn.
    """

    def __init__(self, node: Node, identity: RunIdentity, env_steps_total: int) -> None:
        self._node = node
        self._identity = identity
        self._lock = threading.Lock()
        self._progress = Progress(env_steps_total=env_steps_total)
        self._updated = time.monotonic()
        self._detail = ""
        self._failed = False
        self.silent = False
        self.version = 0
        self._publisher = node.create_publisher(TrainerStatus, names.TRAINER_STATUS, qos.RELIABLE)
        node.create_timer(
            _STATUS_PERIOD, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def on_progress(self, progress: Progress) -> None:
        """Take the run's newest counts."""
        with self._lock:
            self._progress, self._updated = progress, time.monotonic()
            self._detail = ""

    def on_parameters(self, version: int, data: bytes) -> None:
        """Take the version that acts."""
        self.version = version

    def on_episode(self, episode: Episode, progress: Progress) -> None:
        """Log the episode."""
        end = "success claimed" if episode.terminated else "time limit"
        self._node.get_logger().info(
            f"episode {episode.id} ({episode.behaviour}): {episode.steps} steps, {end}; "
            f"{progress.env_steps} of {progress.env_steps_total} steps, "
            f"success rate {progress.success_rate:.2f}"
        )

    def on_rejection(self, episode: Episode, reason: str) -> None:
        """Log why a claim is not believed."""
        self._node.get_logger().warning(f"episode {episode.id}: claim rejected, {reason}")

    def on_note(self, note: str) -> None:
        """Log it."""
        self._node.get_logger().warning(note)

    def waiting(self, detail: str) -> None:
        """Say what is waited for; empty once it came."""
        with self._lock:
            if detail and detail != self._detail:
                self._node.get_logger().warning(detail)
            self._detail = detail

    def failed(self, reason: str) -> None:
        """Say why the run ends without being done."""
        with self._lock:
            self._detail, self._failed = reason, True
        self.publish()

    def publish(self) -> None:
        """Publish the status as it is now."""
        publish(self._node, self._publisher, self._message())

    def _on_timer(self) -> None:
        if not self.silent:
            self.publish()

    def _state(self) -> str:
        if self._failed:
            return "failed"
        return "waiting" if self._detail else self._progress.state

    def _message(self) -> TrainerStatus:
        with self._lock:
            progress, identity = self._progress, self._identity
            running = progress.state not in ("starting", "done", "stopped")
            elapsed = progress.elapsed_s + running * (time.monotonic() - self._updated)
            message = TrainerStatus(
                run_id=identity.run_id,
                task=identity.task,
                robot=identity.robot,
                algorithm=identity.algorithm,
                state=self._state(),
                detail=self._detail,
                episode=progress.episodes,
                env_steps=progress.env_steps,
                env_steps_total=progress.env_steps_total,
                updates=max(progress.updates, self.version),  # the learner may be ahead of the loop
                success_rate=progress.success_rate,
                successes=progress.successes,
                policy_version=self.version,
                elapsed_s=elapsed,
                remaining_s=progress.remaining_s,
            )
            metrics = dict(progress.metrics)
        message.metric_names = list(metrics)
        message.metric_values = floats_to_field(np.array(list(metrics.values())))
        message.header.stamp = self._node.get_clock().now().to_msg()
        return message
