"""What is measured: one cell for each world, task, arm, algorithm, priors and seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fmac_ros import task_setting
from fmac_ros.bench.learning.methods import METHODS, PRIORS, method_of, spelled
from fmac_ros.bench.learning.variants import Variant, parse
from fmac_ros.bench.learning.worlds import WORLDS
from fmac_ros.phrasing import phrasings
from fmac_ros.run_dir import slug
from fmac_ros.settings import load_defaults

TOGETHER = "+"  # between tasks that one policy learns


@dataclass(frozen=True)
class Effort:
    """How much is done in every cell.

    Attributes:
        env_steps: environment steps of a cell, random play included.
        eval_every: environment steps between two evaluations.
        eval_episodes: held-out layouts of one evaluation.
        settings: other settings of the training, by name (config/fmac.yaml).
    """

    env_steps: int = 8000
    eval_every: int = 1000
    eval_episodes: int = 20
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("env_steps", "eval_every", "eval_episodes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, valid: 1 or more")


@dataclass(frozen=True)
class Cell:
    """One run of one method. Everything is text or a number: it travels to another process.

    Attributes:
        algorithm: its name, which ``methods.method_of`` reads.
        priors: theirs, which ``variants.parse`` reads.
    """

    world: str
    task: str
    arm: str
    algorithm: str
    priors: str
    seed: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        parts = (self.world, self.task, self.arm, self.algorithm, self.priors)
        return "--".join([*map(slug, parts), f"seed{self.seed}"])

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.arm}, {self.task}: {self.algorithm} ({self.priors}), seed {self.seed}"

    @property
    def sentence(self) -> str:
        """What the arm is asked to do; of several tasks, as a task setting."""
        return sentence_of(self.world, self.task)

    @property
    def variant(self) -> Variant:
        """Its priors."""
        return parse(self.priors)

    def asdict(self) -> dict[str, Any]:
        """Its fields, for JSON."""
        return asdict(self)


def sentence_of(world: str, task: str) -> str:
    """The sentence that stands for a task in a world; of tasks with ``+`` between, a task setting.

    Raises:
        ValueError: the world does not know a task, names the closest ones; or it cannot learn
            several in one policy; or two of them ask for the same.
    """
    parts = _parts(task)
    if len(parts) > 1 and not WORLDS[world].changes_task:
        able = ", ".join(name for name, other in WORLDS.items() if other.changes_task)
        raise ValueError(
            f"{world} cannot change its task between episodes, so no one policy learns {task!r} "
            f"there; valid: one task, or another world ({able})"
        )
    sentences = task_setting.join(map(WORLDS[world].sentence_of, parts))
    if len(parts) > 1:
        phrasings(sentences)
    return sentences


def _parts(task: str) -> list[str]:
    return [part.strip() for part in task.split(TOGETHER)]


def plan(
    worlds: Sequence[str],
    tasks: Sequence[str],
    arms: Sequence[str],
    algorithms: Sequence[str],
    priors: Sequence[str],
    seeds: Sequence[int],
) -> list[Cell]:
    """Every combination, without those that an algorithm cannot tell apart.

    A task is left out in a world that does not know it, if another one does. A baseline that
    reads the success prior alone has one cell for all priors with the same success signal. Cells
    of one seed come first, so that an interrupted bench is of use.

    Raises:
        ValueError: a name is not valid, an algorithm cannot learn several tasks in one policy, or
            nothing is left.
    """
    variants = [parse(text) for text in priors]
    scenes = _scenes(worlds, tasks, arms)
    for world, task, _ in scenes:
        _refuse_several(sentence_of(world, task), algorithms)
    found = dict.fromkeys(
        Cell(*scene, algorithm, variant.name, seed)
        for seed, scene, algorithm in itertools.product(seeds, scenes, map(spelled, algorithms))
        for variant in _read_by(algorithm, variants)
    )
    if not found:
        raise ValueError(f"no cell: {', '.join(algorithms)} cannot do without these priors")
    return list(found)


def check_together(cells: Sequence[Cell], effort: Effort) -> None:
    """ValueError where the tasks of a cell need different arms' actions or time limits."""
    settings = {**load_defaults().shared, **effort.settings}
    for world, sentences in dict.fromkeys((cell.world, cell.sentence) for cell in cells):
        WORLDS[world].needs_of(sentences, settings)


def _refuse_several(sentences: str, algorithms: Sequence[str]) -> None:
    deaf = [name for name in algorithms if method_of(name).runner != PRIORS]
    if deaf and task_setting.is_several(sentences):
        able = ", ".join(name for name, method in METHODS.items() if method.runner == PRIORS)
        raise ValueError(f"{deaf[0]} is not told sentences, valid for {sentences!r}: {able}")


def _scenes(
    worlds: Sequence[str], tasks: Sequence[str], arms: Sequence[str]
) -> list[tuple[str, str, str]]:
    """World, task and arm of every scene."""
    knowing = {task: [world for world in worlds if _knows(world, task)] for task in tasks}
    for task, found in knowing.items():
        for world in found or worlds[:1]:
            sentence_of(world, task)  # it says which tasks are close, or why not together
    return [
        (world, task, arm)
        for world in worlds
        for task in tasks
        if world in knowing[task]
        for arm in WORLDS[world].arms(arms)
    ]


def _knows(world: str, task: str) -> bool:
    try:
        for part in _parts(task):
            WORLDS[world].sentence_of(part)
    except ValueError:
        return False
    return True


def _read_by(algorithm: str, variants: Sequence[Variant]) -> Iterator[Variant]:
    method = method_of(algorithm)
    for variant in variants:
        reduced = variant.reduced(method.reads, method.weighs)
        if not reduced.without & set(method.needs):
            yield reduced
