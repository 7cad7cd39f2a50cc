"""Malformed episodes are refused before anything learns from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from learning_world import make_record

from fmac_ros.learning.record import Record


def test_non_finite_values_are_refused_by_name() -> None:
    record = make_record()
    for name in ("values", "successes", "imagined"):
        broken = getattr(record.labels, name).copy()
        broken.flat[3] = np.nan
        with pytest.raises(ValueError, match=f"{name} holds 1 non-finite"):
            Record(record.episode, replace(record.labels, **{name: broken}), record.latents)


def test_lengths_that_disagree_are_refused() -> None:
    record = make_record(steps=5)
    short = replace(record.episode, actions=record.episode.actions[:-1])
    with pytest.raises(ValueError, match=r"valid here: \(5,"):
        Record(short, record.labels, record.latents)
    with pytest.raises(ValueError, match="latents has shape"):
        Record(record.episode, record.labels, record.latents[1:])


def test_an_empty_episode_is_refused() -> None:
    record = make_record()
    empty = replace(record.episode, actions=np.zeros((0, 2), np.float32))
    with pytest.raises(ValueError, match="0 steps"):
        Record(empty, record.labels, record.latents)
