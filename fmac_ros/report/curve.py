"""The learning curve: success over environment steps, claimed and true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from fmac_ros.report.history import History, Outcome
from fmac_ros.report.wilson import interval

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend is chosen first)

WINDOW = 20  # episodes, as in TrainerStatus.success_rate


def draw(history: History, evaluation: Mapping[str, Any], title: str, path: Path) -> None:
    """Draw a run's learning curve with its final evaluation into a PNG.

    Args:
        evaluation: ``successes`` of ``episodes`` held-out layouts.
        title: what was trained.
    """
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    _line(axes, history.claims, "success prior, training episodes", "tab:blue")
    _line(axes, history.truths, "ground truth, training episodes", "tab:orange")
    _final(axes, history.env_steps, evaluation["successes"], evaluation["episodes"])
    axes.set(xlabel="environment steps", ylabel="success rate", ylim=(-0.02, 1.02), xlim=(0, None))
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def moving_rate(outcomes: Sequence[Outcome], window: int = WINDOW) -> tuple[np.ndarray, np.ndarray]:
    """Success rate of the last ``window`` episodes at each episode's end.

    Returns:
        environment steps (n,) and rates (n,).
    """
    solved = np.array([outcome.solved for outcome in outcomes], dtype=float)
    sums = np.concatenate([[0.0], np.cumsum(solved)])
    ends = np.arange(1, len(solved) + 1)
    starts = np.maximum(0, ends - window)
    rates = (sums[ends] - sums[starts]) / (ends - starts)  # (n,)
    return np.array([outcome.env_steps for outcome in outcomes]), rates


def _line(axes: plt.Axes, outcomes: Sequence[Outcome], label: str, colour: str) -> None:
    if outcomes:
        steps, rates = moving_rate(outcomes)
        axes.plot(steps, rates, label=f"{label} (last {WINDOW})", color=colour)


def _final(axes: plt.Axes, env_steps: int, successes: int, episodes: int) -> None:
    low, high = interval(successes, episodes)
    rate = successes / episodes
    axes.errorbar(
        [env_steps],
        [rate],
        yerr=[[max(0.0, rate - low)], [max(0.0, high - rate)]],
        fmt="o",
        color="tab:green",
        capsize=4,
        label=f"ground truth, {episodes} held-out layouts: {rate:.0%}",
    )
