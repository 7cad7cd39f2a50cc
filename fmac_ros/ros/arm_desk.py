"""Arms a real arm on the word of the person at the terminal of ``fmac``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.client import Client
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from fmac_ros.control.interlock import STILL_NOT_READY
from fmac_ros.drivers.franka.driver import NO_ARM
from fmac_ros.ros import qos
from fmac_ros.ros.audit_desk import typed_line
from fmac_ros.ros.interlock_inputs import ARMED

ARM, DISARM, RECOVER = "arm", "disarm", "recover"
WORDS = (ARM, DISARM, RECOVER)
_POLICY, _DRIVER = "policy_node", "franka_driver"
_RETRY_PERIOD = 2.0  # [s] between two tries of a first arming that is asked for by a flag
_GRACE = 0.5  # [s] for policy_node to hear that the driver is ready
_WORD_HOLDS = 30.0  # [s] from the first try, for nodes that are still coming up
_POLICY_ARMED = "policy armed"
_COMING_UP = (NO_ARM, STILL_NOT_READY)  # refusals of nodes that have not heard of each other yet


class ArmDesk:
    """Takes ``arm``, ``disarm`` and ``recover``; call ``serve`` now and then.

    A word counts once. Nothing is armed again after a fault but by another word.

    Args:
        driver: the arm is driven by franka_driver, which is armed first.
        at_start: the person has said ``arm`` already, for as soon as the nodes are there.
        say: shows a line.
        read: a line that was typed, None where there is none yet.
    """

    def __init__(
        self,
        node: Node,
        driver: bool,
        at_start: bool,
        say: Callable[[str], None],
        read: Callable[[], str | None] = typed_line,
    ) -> None:
        self._say, self._read = say, read
        self._policy: Client = node.create_client(SetParameters, f"{_POLICY}/set_parameters")
        self._driver: Client | None = None
        self._ready = not driver
        if driver:
            self._driver = node.create_client(SetBool, f"{_DRIVER}/{ARM}")
            self._recover: Client = node.create_client(Trigger, f"{_DRIVER}/{RECOVER}")
            node.create_subscription(Bool, f"{_DRIVER}/ready", self._on_ready, qos.LATCHED)
        self._asked = at_start  # to be armed as soon as it can be
        self._until: float | None = None  # when the word is taken back, if it could not be done
        self._answers: list[tuple[str, Future]] = []
        self._next_try = 0.0
        self._policy_due: float | None = None
        self._told = False
        self._others: list[str] = []

    def other_line(self) -> str | None:
        """A line that was typed and is none of these words, None where there is none."""
        return self._others.pop(0) if self._others else None

    def serve(self) -> None:
        """Take a word, go on with an arming, tell what came of it."""
        self._hear()
        now = time.monotonic()
        if self._asked and now >= self._next_try and self._present():
            self._told = True
            self._until = self._until or now + _WORD_HOLDS
            self._next_try = now + _RETRY_PERIOD
            if now > self._until:
                self._forget()
            else:
                self._arm()
        if self._policy_due is not None and now >= self._policy_due:
            self._policy_due = None
            self._set_policy(True)
        if not self._told and not self._asked and self._present():
            self._told = True
            self._say(f"the arm is not armed; type {ARM} to let it move ({', '.join(WORDS)})")
        self._tell_answers()

    def _hear(self) -> None:
        line = self._read()
        word = "" if line is None else line.strip().lower()
        if word == ARM:
            self._asked, self._until, self._next_try = True, None, 0.0
        elif word == DISARM:
            self._forget()
            self._set_policy(False)
            if self._driver is not None:
                self._send(self._driver, SetBool.Request(data=False), "driver disarmed")
        elif word == RECOVER and self._driver is not None:
            self._send(self._recover, Trigger.Request(), "recovered")
        elif line is not None:
            self._others = [line]

    def _forget(self) -> None:
        """The word is done, or nothing came of it."""
        self._asked, self._policy_due, self._until = False, None, None

    def _present(self) -> bool:
        """Whether the nodes to arm are there."""
        driver = self._driver is None or self._driver.service_is_ready()
        return driver and self._policy.service_is_ready()

    def _arm(self) -> None:
        if self._ready:
            self._policy_due = time.monotonic() + _GRACE
            self._next_try = self._policy_due + _RETRY_PERIOD
        elif self._driver is not None:
            self._send(self._driver, SetBool.Request(data=True), "driver armed")

    def _set_policy(self, armed: bool) -> None:
        value = ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=armed)
        request = SetParameters.Request(parameters=[Parameter(name=ARMED, value=value)])
        self._send(self._policy, request, _POLICY_ARMED if armed else "policy disarmed")

    def _send(self, client: Client, request: object, what: str) -> None:
        self._answers.append((what, client.call_async(request)))

    def _tell_answers(self) -> None:
        waiting = []
        for what, answer in self._answers:
            if not answer.done():
                waiting.append((what, answer))
                continue
            result: Any = answer.result()
            if hasattr(result, "results"):
                success, message = result.results[0].successful, result.results[0].reason
            else:
                success, message = result.success, result.message
            if what == _POLICY_ARMED if success else not message.startswith(_COMING_UP):
                self._forget()  # done, or refused for what a person must look at first
            self._say(what if success else f"not {what}: {message}")
        self._answers = waiting

    def _on_ready(self, message: Bool) -> None:
        was, self._ready = self._ready, message.data
        if was and not self._ready:
            self._forget()
            self._told = False  # say again how it is armed
