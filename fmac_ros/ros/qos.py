"""Quality of service, one profile per kind of data.

A reliable publisher serves reliable and best-effort subscribers; a best-effort publisher
never matches a reliable subscriber. So publishers here are reliable (as REP 2003 asks of
drivers and simulators), and the subscriber chooses: lock-step subscribes reliably, because
there one lost image costs a re-publication period; a real robot's camera is subscribed to
with best effort, which matches every driver and never waits for an old image.
All histories are KEEP_LAST: a slow reader loses old data and never blocks the writer.
"""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

RELIABILITIES = ("best_effort", "reliable")


def _profile(
    depth: int,
    reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE,
    durability: DurabilityPolicy = DurabilityPolicy.VOLATILE,
) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=reliability, durability=durability
    )


#: Default for topics that should arrive.
RELIABLE = _profile(10)
#: Camera and joint subscriptions on hardware.
SENSOR = _profile(5, ReliabilityPolicy.BEST_EFFORT)
#: Commands and observations: only the newest counts.
COMMAND = _profile(1)
OBSERVATION = _profile(2)
#: The last message reaches late joiners (parameters, robot description).
LATCHED = _profile(1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
#: Every step of some episodes: none may be lost.
TRANSITIONS = _profile(400)
#: Subscribers of ``/clock`` use best effort (rclpy and rclcpp do).
CLOCK = _profile(1)


def sensor(reliability: str) -> QoSProfile:
    """Profile of a sensor subscription, by the name of its reliability."""
    if reliability not in RELIABILITIES:
        raise ValueError(f"reliability is {reliability!r}, valid: {', '.join(RELIABILITIES)}")
    return RELIABLE if reliability == "reliable" else SENSOR


def requests(depth: int) -> QoSProfile:
    """Profile of a service that many clients ask at once: the default holds ten requests, and
    an eleventh pushes the first out unseen."""
    return _profile(max(10, depth))
