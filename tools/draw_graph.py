"""Draws docs/graph.png: ``python tools/draw_graph.py`` after a change of the graph."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

TARGET = Path(__file__).resolve().parents[1] / "docs" / "graph.png"
INK, QUIET = "#1f2933", "#52606d"

# name: (x, y, width, colour, second line)
BOXES = {
    "robot side": (
        0.2,
        2.6,
        2.3,
        "#d9e2ec",
        "pybullet_sim, franka_driver\nor a ros2_control stack",
    ),
    "state_node": (4.6, 3.6, 1.9, "#c6f7e2", "joins cameras\nand joints by stamp"),
    "policy_node": (8.6, 2.6, 2.3, "#bae3ff", "policy, inverse kinematics,\nthe gate"),
    "trainer_node": (8.6, 0.2, 2.3, "#ffd0b5", "Algorithm 1,\nEq. 1 and Eq. 2"),
    "prior_server": (4.6, 0.2, 1.9, "#fff3c4", "value, success,\nvideo"),
    "evaluator_node": (0.2, 0.2, 2.3, "#eaeaea", "held-out layouts;\nalone sees ground truth"),
}
HEIGHT = 1.15

# from (x, y), to (x, y), text, text at (x, y)
ARROWS = (
    ((2.5, 3.5), (4.6, 4.2), "<camera>/image_raw\njoint_states", (3.45, 4.45)),
    ((6.5, 4.2), (8.6, 3.5), "observation", (7.75, 4.2)),
    ((8.6, 2.85), (2.5, 2.85), "<controller>/joint_trajectory", (5.55, 3.05)),
    ((9.3, 2.6), (9.3, 1.35), "transitions", (8.75, 1.97)),
    ((10.2, 1.35), (10.2, 2.6), "policy_parameters\nrollout", (11.0, 1.97)),
    ((8.6, 0.85), (6.5, 0.85), "estimate_value\ndetect_success\ngenerate_video", (7.55, 0.32)),
    ((8.7, 2.6), (6.3, 1.35), "detect_success", (6.85, 2.15)),
    ((8.6, 1.2), (2.2, 2.6), "reset (on a real arm\nthrough reset_node)", (3.3, 1.72)),
    ((0.9, 2.6), (0.9, 1.35), "evaluation/\nground_truth", (0.35, 1.97)),
)


def draw(axes: Axes) -> None:
    """Draw boxes and arrows."""
    for name, (x, y, width, colour, text) in BOXES.items():
        axes.add_patch(
            FancyBboxPatch(
                (x, y), width, HEIGHT, "round,pad=0,rounding_size=0.12", fc=colour, ec=INK, lw=1.2
            )
        )
        axes.text(x + width / 2, y + 0.86, name, ha="center", va="center", weight="bold", color=INK)
        axes.text(x + width / 2, y + 0.36, text, ha="center", va="center", size=8.5, color=QUIET)
    for start, end, text, at in ARROWS:
        axes.annotate(
            "", end, start, arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2}, zorder=0
        )
        box = {"fc": "white", "ec": "none", "pad": 0.8}
        axes.text(*at, text, ha="center", va="center", size=8.5, color=INK, bbox=box)


def main() -> None:
    """Write the picture."""
    figure, axes = plt.subplots(figsize=(11.6, 5.0))
    draw(axes)
    axes.set_xlim(-0.2, 11.9)
    axes.set_ylim(-0.1, 5.0)
    axes.axis("off")
    figure.savefig(TARGET, dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
