"""Fills an oracle's ledger from the graph. Made only where the priors name an oracle."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from rclpy.node import Node

from fmac_ros.msg import GroundTruth, Transition
from fmac_ros.msg import Observation as ObservationMessage
from fmac_ros.picture import tile
from fmac_ros.priors.oracle.truth import Truth, TruthLedger
from fmac_ros.ros import names, qos
from fmac_ros.ros.conversions import stamp_to_nanoseconds
from fmac_ros.ros.images import ConversionError, image_to_array

PATIENCE = 2.0  # [s]; a request may arrive before the truth of its picture
_WAITING = 400  # states of which only one half has come


class TruthListener:
    """Joins observations and ground truth of equal stamps into a ledger.

    Observations are a stream of which only the newest counts; the transitions, of which none is
    lost, bring every state of an episode once more.
    """

    def __init__(self, node: Node) -> None:
        self.ledger = TruthLedger(has_progress=False, patience=PATIENCE)
        self._node = node
        self._pictures: OrderedDict[int, np.ndarray] = OrderedDict()  # by stamp [ns]
        self._truths: OrderedDict[int, Truth] = OrderedDict()
        node.create_subscription(
            ObservationMessage, names.OBSERVATION, self._on_observation, qos.TRANSITIONS
        )
        node.create_subscription(
            Transition, names.TRANSITIONS, self._on_transition, qos.TRANSITIONS
        )
        node.create_subscription(GroundTruth, names.GROUND_TRUTH, self._on_truth, qos.TRANSITIONS)

    def _on_observation(self, message: ObservationMessage) -> None:
        try:
            picture = tile([image_to_array(image) for image in message.images])
        except (ConversionError, ValueError) as error:
            self._node.get_logger().warning(f"observation without a truth: {error}")
            return
        stamp = stamp_to_nanoseconds(message.header.stamp)
        _keep(self._pictures, stamp, picture)
        self._join(stamp)

    def _on_transition(self, message: Transition) -> None:
        self._on_observation(message.observation)
        self._on_observation(message.next_observation)

    def _on_truth(self, message: GroundTruth) -> None:
        stamp = stamp_to_nanoseconds(message.header.stamp)
        _keep(self._truths, stamp, Truth(message.task, message.success))
        self._join(stamp)

    def _join(self, stamp: int) -> None:
        if stamp in self._pictures and stamp in self._truths:
            self.ledger.remember(self._pictures.pop(stamp), self._truths[stamp])


def _keep(known: OrderedDict, stamp: int, content: object) -> None:
    known[stamp] = content
    while len(known) > _WAITING:
        known.popitem(last=False)
