"""What a bench found, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from fmac_ros.bench.learning.outcome import Row
from fmac_ros.report.markdown import markdown_table
from fmac_ros.report.wilson import interval

SCENE = ("world", "task", "arm")
METHOD = ("algorithm", "priors")
HEAD = (
    *("algorithm", "priors", "success signal", "seeds", "steps", "success", "95 %"),
    *("steps to 90 %", "minutes to 90 %", "training"),
)


def report(rows: Sequence[Row]) -> str:
    """One section for each world, task and arm: its table, then what failed runs say."""
    parts = []
    for scene, own in groups(rows, SCENE).items():
        parts.append(f"## {scene[1]}, {scene[2]} ({scene[0]})\n\n{table(own)}\n")
        if wordings := _wordings(own):
            parts.append(wordings)
        if verdicts := _verdicts(own):
            parts.append(verdicts)
    return "\n".join(parts)


def table(rows: Sequence[Row]) -> str:
    """Markdown with one line for each algorithm and priors, seeds pooled."""
    return markdown_table(HEAD, (_line(*found) for found in groups(rows, METHOD).items()))


def groups(rows: Iterable[Row], names: Sequence[str]) -> dict[tuple[str, ...], list[Row]]:
    """Rows by the values of some of their columns, in the order of their first row."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _line(method: tuple[str, ...], rows: Sequence[Row]) -> list[str]:
    solved, episodes = (sum(row[name] for row in rows) for name in ("successes", "episodes"))
    low, high = interval(solved, episodes)
    seconds = median(row["train_seconds"] for row in rows)
    return [
        *method,
        rows[0]["signal"],
        str(len(rows)),
        _steps(rows),
        f"{solved} of {episodes}, {solved / episodes:.0%}",
        f"{low:.0%} to {high:.0%}",
        _to_90([row["env_steps_to_90"] for row in rows], "{:.0f}"),
        _to_90([row["minutes_to_90"] for row in rows], "{:.1f}"),
        f"{seconds / 60:.1f} min",
    ]


def _steps(rows: Sequence[Row]) -> str:
    """How far the seeds went, and whether an interrupt ended one."""
    text = str(max(row["env_steps"] for row in rows))
    return text if all(row.get("finished", True) for row in rows) else f"{text}, interrupted"


def _to_90(found: Sequence[float | None], form: str) -> str:
    """The median seed, a seed that never got there counting as the slowest."""
    reached = sorted(value for value in found if value is not None)
    middle = (len(found) - 1) // 2 if len(found) % 2 else len(found) // 2
    text = form.format(reached[middle]) if middle < len(reached) else "not reached"
    return text if len(found) == 1 else f"{text} ({len(reached)} of {len(found)} seeds)"


def _wordings(rows: Sequence[Row]) -> str:
    """Of several tasks: success in wordings never trained on, and by sentence, seeds pooled."""
    lines = []
    for method, own in groups(rows, METHOD).items():
        if "unseen_episodes" in own[0]:
            pairs = ((row["unseen_successes"], row["unseen_episodes"]) for row in own)
            solved, episodes = _summed(pairs)
            low, high = interval(solved, episodes)
            share = f"{solved} of {episodes}, {solved / episodes:.0%} ({low:.0%} to {high:.0%})"
            lines.append(f"- {' '.join(method)}, wordings never trained on: {share}")
        for sentence in own[0].get("sentences", ()):
            solved, episodes = _summed(row["sentences"][sentence] for row in own)
            lines.append(f"  - {sentence}: {solved} of {episodes}")
    return "By wording:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _summed(pairs: Iterable[Sequence[int]]) -> tuple[int, int]:
    solved, episodes = zip(*pairs, strict=True)
    return sum(solved), sum(episodes)


def _verdicts(rows: Sequence[Row]) -> str:
    told = [
        f"- {row['algorithm']} ({row['priors']}), seed {row['seed']}: {row['diagnosis']['verdict']}"
        for row in rows
        if row["diagnosis"] is not None
    ]
    return "What the runs say of themselves:\n\n" + "\n".join(told) + "\n" if told else ""
