"""The tables that ``tell_results.py`` writes, of rows of ``fmac bench learning``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from fmac_ros.bench.learning.outcome import Row
from fmac_ros.bench.learning.table import groups
from fmac_ros.bench.learning.variants import parse
from fmac_ros.metaworld.tasks import FRAMES_PER_STEP
from fmac_ros.report.markdown import markdown_table
from fmac_ros.report.wilson import interval
from fmac_ros.tasks import TASKS as TASK_CLASSES
from fmac_ros.tasks import find_goal, wordings

TASKS = {
    "press_button": "press the button",
    "close_drawer": "close the drawer",
    "open_drawer": "open the drawer",
    "reach": "reach the named ball among others",
    "push": "push the block to the mark",
    "pick_place": "put the block into the dish",
}
# What the head table calls them: a task that needs the gripper makes `fac` the last one by itself.
OURS = {"fmac": "fmac", "fac": "fac", "fac+kl_weight=informed": "fac"}
ARMS = {"panda": "Panda", "ur5e": "UR5e", "gen3": "Gen3"}
BASELINES = {"bc": "`bc`", "unipi": "`unipi`", "sac": "SAC", "drqv2": "DrQ-v2"}
PLAIN = ("learned", "learned+oracle-success")  # the latter are baselines without priors
HEAD = (
    *("task", "arm", "algorithm", "priors", "seed", "steps", "success on the way", "at the end"),
    *("steps to 90 %", "training", "commit"),
)
METAWORLD_HEAD = (
    *("task", "algorithm", "priors", "success signal", "seed", "steps", "frames", "on the way"),
    *("at the end", "training"),
)
ABLATION_HEAD = ("algorithm", "seed", "solved of 50, after steps", "steps to 90 %", "training")


def ours(rows: Sequence[Row]) -> list[Row]:
    """Our algorithms with the shipped defaults, as ``plain``."""
    return plain(rows, OURS)


def beside(rows: Sequence[Row]) -> list[Row]:
    """Ours and the baselines, as ``plain``, of arms that have any baseline."""
    return plain(_compared(rows), {**OURS, **BASELINES})


def plain(rows: Sequence[Row], algorithms: Collection[str]) -> list[Row]:
    """With nothing taken from the priors: of a task, arm and algorithm the longest of each seed.

    Rows are pooled that were evaluated as often; of several such sets the one with most seeds.
    """
    own = _of(rows, algorithms)
    chosen: list[Row] = []
    for same in groups(own, ("task", "arm", "algorithm")).values():
        sets: dict[int, dict[int, Row]] = {}
        for row in sorted(same, key=lambda row: int(row["env_steps"])):
            sets.setdefault(_spacing(row), {})[row["seed"]] = row
        best = max(sets.values(), key=lambda seeds: (len(seeds), _longest(seeds)))
        chosen += best.values()
    return [row for row in rows if row in chosen]


def head_table(rows: Sequence[Row]) -> str:
    """Success of the shipped defaults by task, algorithm and arm, seeds pooled."""
    shown = {row["arm"] for row in rows}
    arms = [arm for arm in ARMS if arm in shown]
    head = ["task", "algorithm", *(ARMS[arm] for arm in arms)]
    lines = []
    for (task, algorithm), own in groups(ours(rows), ("task", "algorithm")).items():
        by_arm = groups(own, ("arm",))
        pooled = (_pooled(by_arm.get((arm,), [])) for arm in arms)
        lines.append([TASKS[task], f"`{OURS[algorithm]}`", *pooled])
    return markdown_table(head, lines)


def beside_table(rows: Sequence[Row]) -> str:
    """Steps until an evaluation had 90 %, of ours and of the baselines; one line a task.

    Of a seed that was run twice, the run that was looked at more often tells it sooner.
    """
    shown = {**{name: f"`{short}`" for name, short in OURS.items()}, **BASELINES}
    names = list(dict.fromkeys(shown.values()))
    lines = []
    for (task, arm), own in groups(_compared(rows), ("task", "arm")).items():
        by_name: dict[str, list[Row]] = {}
        for row in own:
            by_name.setdefault(shown[row["algorithm"]], []).append(row)
        cells = (_steps_to_90(by_name.get(name, [])) for name in names)
        lines.append([f"{TASKS[task]}, {ARMS[arm]}", *cells])
    return markdown_table(["task", *names], lines)


def long_table(rows: Sequence[Row]) -> str:
    """One line a row, with its curve."""
    return markdown_table(HEAD, map(_line, rows))


def several_table(rows: Sequence[Row]) -> str:
    """One line an evaluation of one policy's tasks: trained wordings, unseen ones, each task."""
    lines, goals = [], dict.fromkeys(goal for row in rows for goal in _by_goal(row["curve"][-1]))
    for row in rows:
        for point in row["curve"]:
            asked = (point["successes"], point["episodes"]), point["unseen"]
            by_goal = _by_goal(point)
            counts = (*asked, *(by_goal.get(goal, (0, 0)) for goal in goals))
            cells = (f"{solved} of {episodes}" for solved, episodes in counts)
            lines.append([row["algorithm"], str(row["seed"]), f"{point['env_steps']:,}", *cells])
    head = ("algorithm", "seed", "steps", "trained wordings", "never trained on", *goals)
    return markdown_table(head, lines)


def robustness_table(rows: Sequence[Row]) -> str:
    """One line an error of the oracles, without and with reliability weights."""
    weights = {False: "without weights", True: "with reliability weights"}
    lines = []
    by_priors: dict[str, dict[bool, Row]] = {}
    for row in rows:
        variant = parse(row["priors"])
        name = replace(variant, reliability=False).name
        by_priors.setdefault(name, {})[variant.reliability] = row
    for name, found in sorted(by_priors.items()):
        curves = (_way(found[w]["curve"]) if w in found else "" for w in weights)
        lines.append([f"`{name}`", *curves])
    return markdown_table(["priors", *weights.values()], lines)


def metaworld_table(rows: Sequence[Row]) -> str:
    """One line a row of Meta-World, in frames as well as steps."""
    return markdown_table(METAWORLD_HEAD, map(_metaworld_line, rows))


def ablation_table(rows: Sequence[Row]) -> str:
    """One line a variant, with its curve."""
    return markdown_table(ABLATION_HEAD, map(_ablation_line, rows))


def _by_goal(point: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Layouts solved and asked for of each goal, over its wordings, by its first wording."""
    counts: dict[str, tuple[int, int]] = {}
    for text, (solved, episodes) in point["sentences"].items():
        goal = find_goal(text)
        name = wordings(TASK_CLASSES[goal.task], goal.target)[0]
        before = counts.get(name, (0, 0))
        counts[name] = before[0] + solved, before[1] + episodes
    return counts


def _longest(seeds: dict[int, Row]) -> int:
    """Steps of the longest of these rows."""
    return max(int(row["env_steps"]) for row in seeds.values())


def _spacing(row: Row) -> int:
    """Steps between evaluations in 500, as asked for: episodes end a little later."""
    steps = [point["env_steps"] for point in row["curve"]]
    return round((steps[1] - steps[0]) / 500) if len(steps) > 1 else 0


def _pooled(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    solved, episodes = (sum(row[name] for row in rows) for name in ("successes", "episodes"))
    low, high = interval(solved, episodes)
    # A run that was stopped has steps after its last evaluation, of which nothing is known.
    span = _span({row["curve"][-1]["env_steps"] for row in rows})
    seeds = f", {len(rows)} seeds" * (len(rows) > 1)
    return (
        f"**{solved}** of {episodes} ({100 * low:.0f} to {100 * high:.0f} %), {span} steps{seeds}"
    )


def _span(steps: Collection[int]) -> str:
    """The least and the most of them, once where they are the same."""
    return " to ".join(f"{bound:,}" for bound in dict.fromkeys([min(steps), max(steps)]))


def _of(rows: Sequence[Row], algorithms: Collection[str]) -> list[Row]:
    """Rows of these algorithms with nothing taken from the priors."""
    return [row for row in rows if row["algorithm"] in algorithms and row["priors"] in PLAIN]


def _compared(rows: Sequence[Row]) -> list[Row]:
    """Ours and the baselines, of arms that have any baseline."""
    arms = {row["arm"] for row in rows if row["algorithm"] in BASELINES}
    return [row for row in _of(rows, {**OURS, **BASELINES}) if row["arm"] in arms]


def _steps_to_90(rows: Sequence[Row]) -> str:
    """The range over seeds; where one never had it, what the longest such had last."""
    if not rows:
        return ""
    firsts: dict[int, int] = {}
    for row in rows:
        if first := row["env_steps_to_90"]:
            firsts[row["seed"]] = min(first, firsts.get(row["seed"], first))
    missed = [row for row in rows if row["seed"] not in firsts]
    if missed:
        row = max(missed, key=lambda row: int(row["curve"][-1]["env_steps"]))
        steps = row["curve"][-1]["env_steps"]
        return f"{row['successes']} of {row['episodes']} at {steps:,}"
    return f"**{_span(firsts.values())}**"


def _line(row: Row) -> list[str]:
    low, high = row["interval_95"]
    *way, last = row["curve"]
    return [
        TASKS[row["task"]],
        ARMS[row["arm"]],
        row["algorithm"],
        row["priors"],
        str(row["seed"]),
        f"{last['env_steps']:,}",
        _way(way),
        f"{row['successes']} of {row['episodes']} ({100 * low:.0f} to {100 * high:.0f} %)",
        _to_90(row),
        f"{row['train_seconds'] / 60:.0f} min",
        row["about"]["commit"][:7],
    ]


def _metaworld_line(row: Row) -> list[str]:
    *way, last = row["curve"]
    return [
        f"`{row['task']}`",
        row["algorithm"],
        row["priors"].partition("+")[0],
        row["signal"],
        str(row["seed"]),
        f"{last['env_steps']:,}",
        f"{FRAMES_PER_STEP * last['env_steps']:,}",
        _way(way),
        f"{row['successes']} of {row['episodes']}",
        f"{row['train_seconds'] / 60:.0f} min",
    ]


def _ablation_line(row: Row) -> list[str]:
    return [
        f"`{row['algorithm']}`",
        str(row["seed"]),
        _way(row["curve"]),
        _to_90(row),
        f"{row['train_seconds'] / 60:.1f} min",
    ]


def _to_90(row: Row) -> str:
    return f"{row['env_steps_to_90']:,}" if row["env_steps_to_90"] else "not reached"


def _way(curve: Sequence[dict[str, int]]) -> str:
    return ", ".join(f"{point['successes']} at {point['env_steps']:,}" for point in curve)
