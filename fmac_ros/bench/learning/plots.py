"""Pictures of a bench: success over environment steps, and over the size of an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from fmac_ros.bench.learning.outcome import Row
from fmac_ros.bench.learning.table import METHOD, SCENE, groups
from fmac_ros.bench.learning.variants import ERRORS, parse
from fmac_ros.report.wilson import interval
from fmac_ros.run_dir import slug

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend is chosen first)
from matplotlib.ticker import EngFormatter  # noqa: E402

COLUMNS = 3  # scenes side by side in the overview


def draw_all(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw every picture that these rows are enough for; their files."""
    scenes = groups(rows, SCENE)
    files = [draw_overview(rows, folder)] if len(scenes) > 1 else []
    for scene, own in scenes.items():
        files.append(draw_curves(scene, own, folder))
        files += [path for error in ERRORS if (path := draw_robustness(scene, own, error, folder))]
    return files


def draw_curves(scene: tuple[str, ...], rows: Sequence[Row], folder: Path) -> Path:
    """Success of every method over environment steps, seeds pooled, with Wilson intervals."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    _curves(axes, scene, rows, _colours(rows))
    return _save(figure, [axes], folder / f"curve-{'-'.join(map(slug, scene))}.png")


def draw_overview(rows: Sequence[Row], folder: Path) -> Path:
    """The curves of every world, task and arm, small and side by side."""
    scenes = groups(rows, SCENE)
    lines = -(-len(scenes) // COLUMNS)
    size = (4.2 * COLUMNS, 3.5 * lines)
    figure, grid = plt.subplots(lines, COLUMNS, figsize=size, layout="constrained", squeeze=False)
    colours = _colours(rows)
    for axes, (scene, own) in zip(grid.flat, scenes.items(), strict=False):
        _curves(axes, scene, own, colours)
    for axes in grid.flat[len(scenes) :]:
        axes.axis("off")
    return _save(figure, grid.flat[: len(scenes)], folder / "overview.png")


def _colours(rows: Sequence[Row]) -> dict[tuple[str, ...], str]:
    """A colour for each method, the same in every part of a picture."""
    methods = sorted(groups(rows, METHOD))
    return {method: f"C{number % 10}" for number, method in enumerate(methods)}


def _curves(
    axes: plt.Axes,
    scene: tuple[str, ...],
    rows: Sequence[Row],
    colours: Mapping[tuple[str, ...], str],
) -> None:
    for method, own in groups(rows, METHOD).items():
        steps, solved, episodes = pooled(own)
        bounds = np.array([interval(s, n) for s, n in zip(solved, episodes, strict=True)])
        name = f"{method[0]} ({method[1]}), {len(own)} seed{'s' * (len(own) > 1)}"
        colour = colours[method]
        axes.plot(steps, solved / episodes, marker="o", markersize=3, label=name, color=colour)
        axes.fill_between(steps, bounds[:, 0], bounds[:, 1], color=colour, alpha=0.15)
    axes.axhline(0.9, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="environment steps", ylim=(-0.02, 1.02), xlim=(0, None))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set(ylabel="success on held-out layouts", title=f"{scene[2]}: {scene[1]} ({scene[0]})")


def pooled(rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluations of all seeds in order, those of the same number put together.

    Episodes end at slightly different steps in each seed; a point stands at their mean.

    Returns:
        steps (n,), successes (n,) and episodes (n,), as far as every seed has got.
    """
    count = min(len(row["curve"]) for row in rows)
    curves = [row["curve"][:count] for row in rows]

    def column(name: str) -> np.ndarray:
        return np.array([[point[name] for point in curve] for curve in curves])

    return column("env_steps").mean(0), column("successes").sum(0), column("episodes").sum(0)


def draw_robustness(
    scene: tuple[str, ...], rows: Sequence[Row], error: str, folder: Path
) -> Path | None:
    """Final success over the size of an oracle's error; None with fewer than two sizes."""
    lines = {
        (algorithm, weighed): points
        for (algorithm, weighed), points in _by_size(rows, error).items()
        if len(points) > 1
    }
    if not lines:
        return None
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for (algorithm, weighed), points in lines.items():
        sizes = sorted(points)
        rates = np.array([solved / episodes for solved, episodes in map(points.get, sizes)])  # type: ignore[misc]
        bounds = np.array([interval(*points[size]) for size in sizes])
        spread = np.abs(bounds.T - rates)  # (2, n)
        name = f"{algorithm}{', reliability weights' * weighed}"
        axes.errorbar(sizes, rates, yerr=spread, marker="o", capsize=3, label=name)
    axes.set(xlabel=error.replace("-", " "), ylabel="final success", ylim=(-0.02, 1.02))
    axes.set_title(f"{scene[2]}: {scene[1]} ({scene[0]})")
    return _save(figure, [axes], folder / f"robustness-{error}-{'-'.join(map(slug, scene))}.png")


def _by_size(
    rows: Sequence[Row], error: str
) -> dict[tuple[str, bool], dict[float, tuple[int, int]]]:
    """Successes of episodes by size of the error, for each algorithm with and without weights.

    Rows count that have this error alone; those without any error are its size 0.
    """
    kind = ERRORS[error][0]
    found: dict[tuple[str, bool], dict[float, tuple[int, int]]] = {}
    for row in rows:
        variant = parse(row["priors"])
        errors = dict(variant.errors)
        if kind not in variant.oracles or set(errors) - {error} or variant.without:
            continue
        points = found.setdefault((row["algorithm"], variant.reliability), {})
        size = errors.get(error, 0.0)
        solved, episodes = points.get(size, (0, 0))
        points[size] = solved + row["successes"], episodes + row["episodes"]
    return found


def _save(figure: plt.Figure, panels: Iterable[plt.Axes], path: Path) -> Path:
    for axes in panels:
        axes.grid(alpha=0.3)
        # Below the panel: names of variants are long, and would hide curves.
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=5, fontsize=7)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
