"""How the objects of a real cell come into their initial state."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.client import Client
from rclpy.node import Node

from fmac_ros.ros import names
from fmac_ros.ros.calls import Caller, Refused
from fmac_ros.ros.person import Person
from fmac_ros.settings import PAIRED, PERSON, SERVICE
from fmac_ros.srv import Reset

SERVER_PATIENCE = 30.0  # [s]

ResetScene = Callable[[Reset.Request, Caller], None]


def scene_reset(kind: str, node: Node, person: Person, timeout: float, tries: int) -> ResetScene:
    """What sets the objects up for a request; it raises Refused or Unanswered where it cannot.

    Args:
        kind: one of settings.SCENE_RESETS.
        timeout: for the service ``reset_scene`` to answer [s].
        tries: episodes of one task of a pair in a row, after which a person is asked to help.
    """
    if kind == PERSON:
        return lambda request, caller: person.ask(_set_up(request), caller)
    if kind == SERVICE:
        return _Service(node, timeout)
    if kind == PAIRED:
        return _Paired(person, tries)
    assert kind == "none", kind
    return lambda request, caller: None


def _set_up(request: Reset.Request) -> str:
    return f"set the objects up for {request.task!r} and step back (layout {request.seed})"


class _Paired:
    """The other task's success has set the objects up; a person does it first, and helps."""

    def __init__(self, person: Person, tries: int) -> None:
        self._person, self._tries = person, tries
        self._task, self._count = "", 0

    def __call__(self, request: Reset.Request, caller: Caller) -> None:
        other = bool(self._task) and request.task != self._task
        self._count = 0 if other else self._count + 1
        if not self._task or self._count >= self._tries:
            self._person.ask(_set_up(request), caller)
            self._count = 0
        self._task = request.task


class _Service:
    """A cell that can set itself up: it answers ``reset_scene`` as a simulator does ``reset``."""

    def __init__(self, node: Node, timeout: float) -> None:
        self._client: Client = node.create_client(Reset, names.RESET_SCENE)
        self._timeout = timeout

    def __call__(self, request: Reset.Request, caller: Caller) -> None:
        what = f"the service {names.RESET_SCENE}"
        caller.await_ready(self._client.service_is_ready, what, SERVER_PATIENCE)
        caller.tell(f"waiting for {what}")
        response = caller.call(self._client, request, self._timeout)
        if not response.ok:
            raise Refused(f"{names.RESET_SCENE} refused: {response.message}")
