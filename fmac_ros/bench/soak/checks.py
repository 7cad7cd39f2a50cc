"""Whether a run folder has lost anything."""

from __future__ import annotations

from pathlib import Path

from fmac_ros.learning.actor import Actor
from fmac_ros.learning.files import StoreError
from fmac_ros.learning.store import RunStore
from fmac_ros.learning.tensors import FormatError


def stored_episodes(run: Path) -> int:
    """Episodes on disk."""
    return len(list((run / "episodes").glob("[0-9]*.safetensors")))


def problems_of(run: Path) -> tuple[list[str], int]:
    """What is wrong with a run folder, one sentence each, and the steps of its episodes.

    Every episode must be readable and complete, numbered without a gap, and counted in the
    progress; the learner's state and the policy must be there and load.
    """
    found: list[str] = []
    names: list[str] = []
    steps = 0
    try:
        store = RunStore.open(run, writable=False)
        for record in store.records():
            names.append(record.episode.id)
            steps += record.episode.steps
            if not (record.episode.terminated or record.episode.truncated):
                found.append(f"episode {record.episode.id} has no end")
        counted = store.progress().get("episodes")
        if counted != len(names):
            found.append(f"progress counts {counted} episodes, {len(names)} are stored")
        if store.learner_state() is None:
            found.append("the learner was never saved")
        else:
            Actor.from_bytes(store.parameters())
    except (StoreError, FormatError) as error:
        found.append(str(error))
    if names != [f"{number:06d}" for number in range(1, len(names) + 1)]:
        found.append(f"episodes are named {names}, valid: 000001 and so on")
    return found, steps
