"""Pictures of a measurement: reliability, value along an episode, imagined strips."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from fmac_ros.bench.priors.answers import Answers, each_video
from fmac_ros.bench.priors.judging import reliability, value_pairs
from fmac_ros.bench.priors.suite import Measured, PriorBench
from fmac_ros.picture import shrink
from fmac_ros.report.frames import columns, draw_strip

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend is chosen first)

SHOWN = ("expert", "recover", "near_miss", "wrong_object")


def draw_pictures(measured: Measured, bench: PriorBench, folder: Path) -> list[Path]:
    """Draw everything as PNG into ``folder``; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "reliability.png", folder / "value_along_episodes.png"]
    draw_reliability(measured.answers, files[0])
    draw_values(measured.answers, bench.tasks, files[1])
    for task in bench.tasks:
        files.append(folder / f"imagined_{task}.png")
        _draw_imagined(measured, bench, task, files[-1])
    return files


def draw_reliability(answers: Answers, path: Path) -> None:
    """What was answered against what was true, for both priors."""
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="perfectly calibrated")
    pairs = {
        "value: progress": value_pairs(answers),
        "success: solved": (answers.scores, answers.table.solved.astype(float)),
    }
    for name, (said, true) in pairs.items():
        points = reliability(said, true)
        axes.plot(points[:, 0], points[:, 1], "o-", label=name)
    finite = answers.thresholds[np.isfinite(answers.thresholds)]
    for index, threshold in enumerate(np.unique(finite)):
        label = "_" if index else "success thresholds"
        axes.axvline(threshold, color="black", linestyle=":", label=label)
    axes.set(xlabel="answer of the prior", ylabel="truth, mean in the bin")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_values(answers: Answers, tasks: tuple[str, ...], path: Path) -> None:
    """M_V over the frames of some videos of each kind; a dot where the task is solved."""
    figure, grid = plt.subplots(
        1, len(tasks), figsize=(4.5 * len(tasks), 3.5), squeeze=False, layout="constrained"
    )
    for axes, task in zip(grid[0], tasks, strict=True):
        for colour, kind in enumerate(SHOWN):
            _draw_kind(axes, answers, task, kind, f"C{colour}")
        axes.set(xlabel="frame", ylabel="value", ylim=(-0.02, 1.02), title=task)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _draw_kind(axes: plt.Axes, answers: Answers, task: str, kind: str, colour: str) -> None:
    videos = [
        rows for info, rows in each_video(answers.table) if info.task == task and info.kind == kind
    ]
    for index, rows in enumerate(videos[:3]):
        label = kind if index == 0 else None
        axes.plot(answers.values[rows], color=colour, label=label, alpha=0.8)
        solved = np.flatnonzero(answers.table.solved[rows])
        if len(solved):
            axes.plot(solved[0], answers.values[rows][solved[0]], "o", color=colour)


def _draw_imagined(measured: Measured, bench: PriorBench, task: str, path: Path) -> None:
    """One video imagined from a frame of an expert's, above what the expert did."""
    priors = measured.priors
    for info, rows in each_video(measured.answers.table):
        if info.task == task and info.kind == "expert" and len(rows) > priors.video.frames:
            steps = columns(priors.video.frames) + 1
            shown = measured.pictures[rows]
            imagined = priors.video.imagine(shown[:1], info.sentence, steps.tolist(), bench.seed)
            title = f"{info.sentence}, {info.arm}: imagined from step 0"
            decoded = priors.encoder.decode(imagined[0])
            done = shrink(shown[steps], decoded.shape[1:3])
            draw_strip(decoded, done, steps.tolist(), title, path)
            return
