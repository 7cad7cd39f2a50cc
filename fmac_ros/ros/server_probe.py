"""A client of prior_server that asks much at once and waits for all of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import rclpy
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from fmac_ros.ros import names, qos
from fmac_ros.ros.pictures import pictures_to_msgs
from fmac_ros.srv import DetectSuccess, EstimateValue

_KINDS: dict[str, tuple[Any, str]] = {
    "value": (EstimateValue, names.ESTIMATE_VALUE),
    "success": (DetectSuccess, names.DETECT_SUCCESS),
}
_MATCHING = 0.5  # [s]; a new server may answer before it has found the client's reader


class ServerProbe:
    """A node on a domain of its own, in the caller's thread. A context manager.

    Args:
        depth: requests that may be under way at once.
        timeout: longest wait for the server and for an answer [s].
    """

    def __init__(self, domain: int, depth: int, timeout: float = 60.0) -> None:
        self._domain, self._depth, self._timeout = domain, depth, timeout

    def __enter__(self) -> ServerProbe:
        self._context = rclpy.Context()
        # The process around us decides what a signal does.
        options = SignalHandlerOptions.NO
        rclpy.init(context=self._context, domain_id=self._domain, signal_handler_options=options)
        self._node = Node("server_probe", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        profile = qos.requests(self._depth)
        self._clients: dict[str, Client] = {
            prior: self._node.create_client(kind, name, qos_profile=profile)
            for prior, (kind, name) in _KINDS.items()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def await_server(self) -> None:
        """Wait until the server is there. Raises TimeoutError."""
        end = time.monotonic() + self._timeout
        while not all(client.service_is_ready() for client in self._clients.values()):
            self._spin(end, "prior_server is not there")
        end = time.monotonic() + _MATCHING
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def ask(self, prior: str, task: str, stacks: Sequence[np.ndarray]) -> list[Any]:
        """The answers to one request for each (n, h, w, 3) stack of pictures, sent together.

        Raises:
            TimeoutError: no answer in time.
            RuntimeError: the server refused a request; its reason.
        """
        kind, client = _KINDS[prior][0], self._clients[prior]
        waiting: list[Future] = [
            client.call_async(kind.Request(task=task, pictures=pictures_to_msgs(stack)))
            for stack in stacks
        ]
        end = time.monotonic() + self._timeout
        for future in waiting:
            while not future.done():
                self._spin(end, f"{client.srv_name} does not answer")
        answers: list[Any] = [future.result() for future in waiting]
        for answer in answers:
            if not answer.ok:
                raise RuntimeError(f"{client.srv_name} refused: {answer.error}")
        return answers

    def _spin(self, end: float, trouble: str) -> None:
        if time.monotonic() > end:
            raise TimeoutError(f"{trouble} within {self._timeout:g} s")
        self._executor.spin_once(timeout_sec=0.1)
