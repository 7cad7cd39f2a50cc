"""reset_node: answers ``reset`` on a real arm. The arm moves home, then the objects are set up.

It may take minutes: a person sets the objects up, or has to arm the arm first. Meanwhile
``reset/waiting`` tells once a second what is waited for, so that a caller knows it is not lost.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import String

from fmac_ros.learning.algorithm import Stopped
from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.home_client import HomeClient
from fmac_ros.ros.parameters import declare, parameter
from fmac_ros.ros.person import Person
from fmac_ros.ros.run import run_node
from fmac_ros.ros.scene_reset import scene_reset
from fmac_ros.ros.worker import awaitable, in_thread
from fmac_ros.settings import SCENE_RESETS
from fmac_ros.srv import Reset

_TELL_PERIOD = 1.0  # [s]
_TRIES = 3
SUPERSEDED = "superseded by a newer reset"


@dataclass(frozen=True)
class ResetConfig:
    """Parameters of reset_node."""

    scene_reset: str = parameter(
        "person", description="how the objects are set up", choices=SCENE_RESETS
    )
    scene_timeout: float = parameter(
        120.0,
        description="longest wait for the service reset_scene [s]",
        minimum=1.0,
        maximum=3600.0,
    )
    paired_tries: int = parameter(
        5,
        description="episodes of one task of a pair in a row after which a person is asked",
        minimum=1,
        maximum=1000,
    )


class ResetNode(Node):
    """One reset at a time; a newer request takes the place of one that waits."""

    def __init__(self, **options: Any) -> None:
        super().__init__("reset_node", **options)
        config = declare(self, ResetConfig)
        self._diagnostics = Diagnostics(self)
        self._stop = threading.Event()  # of the newest reset
        self._turn = threading.Lock()
        self._waiting = ""
        self._home = HomeClient(self)
        self._person = Person(self)
        self._scene = scene_reset(
            config.scene_reset, self, self._person, config.scene_timeout, config.paired_tries
        )
        self._teller = self.create_publisher(String, names.RESET_WAITING, qos.RELIABLE)
        # Reentrant: a reset that waits for a person must not keep the next request out.
        group = ReentrantCallbackGroup()
        self.create_service(Reset, names.RESET, self._on_reset, callback_group=group)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_TELL_PERIOD, self._on_tell, clock=steady)
        self._diagnostics.ok("ready")

    async def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        self._stop.set()
        stop = self._stop = threading.Event()
        self._tell("the reset begins")
        job = in_thread(lambda: self._reset(request, stop), "reset")
        response.message = await awaitable(self, job)
        response.ok = not response.message
        return response

    def _reset(self, request: Reset.Request, stop: threading.Event) -> str:
        """Do it, in a thread; why it failed, empty if it did not."""
        caller = Caller(self, stop, self._tell)
        with self._turn:  # a reset that is superseded ends at its next wait
            try:
                caller.check()
                self._go_home(caller)
                self._scene(request, caller)
                return ""
            except Stopped:
                return SUPERSEDED
            except (Refused, Unanswered) as error:
                self.get_logger().error(f"reset failed: {error}")
                return str(error)
            finally:
                if stop is self._stop:
                    self._tell("")

    def _go_home(self, caller: Caller) -> None:
        """Move home, as often as a person helps or policy_node comes back."""
        lost = 0
        while True:
            try:
                self._home.go(caller)
                return
            except Refused as error:
                self.get_logger().warning(f"the arm is not home: {error}")
                self._person.ask(f"the arm is not home: {error}", caller)
            except Unanswered as error:
                lost += 1
                if lost == _TRIES:
                    raise
                self.get_logger().warning(f"moving home again: {error}")

    def _tell(self, what: str) -> None:
        if what and what != self._waiting:
            self.get_logger().info(what)
        self._waiting = what
        if what:
            self._diagnostics.warn(what)
        else:
            self._diagnostics.ok("ready")

    def _on_tell(self) -> None:
        if self._waiting:
            self._teller.publish(String(data=self._waiting))

    def destroy_node(self) -> None:
        """End what waits, then the node."""
        self._stop.set()
        with self._turn:
            super().destroy_node()


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(ResetNode)


if __name__ == "__main__":
    sys.exit(main())
