"""The diagnosis of a run directory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fmac_ros.learning.files import StoreError
from fmac_ros.learning.parameters import unpack_parameters
from fmac_ros.learning.record import Record
from fmac_ros.learning.store import RunStore
from fmac_ros.report.diagnosis import Diagnosis, diagnose
from fmac_ros.report.evidence import gather
from fmac_ros.report.following import policy_cosine
from fmac_ros.report.history import load_truths

KINDS = ("value", "video", "success")
LATEST = 10  # episodes that the policy is looked at in


def diagnose_run(folder: Path, success: float, settings: Mapping[str, Any]) -> Diagnosis:
    """What the run in ``folder`` tells of its stages.

    Args:
        success: rate on the held-out layouts.
        settings: of the run; what it did not use is not judged.

    Raises:
        StoreError: there is no run, or it cannot be read.
    """
    store = RunStore.open(folder, writable=False)
    metrics = dict(store.progress().get("metrics", {}))
    latest: deque[Record] = deque(maxlen=LATEST)
    look_ahead = int(settings.get("look_ahead", 2))
    evidence = gather(_passing(store.records(), latest), load_truths(folder), metrics, look_ahead)
    acts = settings.get("behaviour", "policy") == "policy"  # else nobody asks the policy
    if acts and (cosine := _policy_cosine(store, latest)) is not None:
        evidence.metrics["policy_cosine"] = cosine
    uses = {kind for kind in KINDS if settings.get(f"use_{kind}", True)}
    if not settings.get("stop_on_success", True):
        uses.discard("success")
    return diagnose(evidence, success, uses)


def _passing(records: Iterable[Record], latest: deque[Record]) -> Iterator[Record]:
    """The same records; the newest that were no random play stay in ``latest``."""
    for record in records:
        if record.episode.behaviour != "random":
            latest.append(record)
        yield record


def _policy_cosine(store: RunStore, records: Iterable[Record]) -> float | None:
    try:
        acting = unpack_parameters(store.parameters())
    except StoreError:  # stopped before the first save
        return None
    if not acting.version:
        return None
    return policy_cosine(acting.policy, acting.rho, records, acting.sentences)
