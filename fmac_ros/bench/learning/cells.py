"""What is measured: one cell for each world, task, arm, algorithm, priors and seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fmac_ros.bench.learning.methods import method_of, spelled
from fmac_ros.bench.learning.variants import Variant, parse
from fmac_ros.run_dir import slug
from fmac_ros.tasks import TASKS, find_goal, wordings

WORLDS = ("pybullet",)


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
        """What the arm is asked to do."""
        return sentence_of(self.task)

    @property
    def variant(self) -> Variant:
        """Its priors."""
        return parse(self.priors)

    def asdict(self) -> dict[str, Any]:
        """Its fields, for JSON."""
        return asdict(self)


def sentence_of(task: str) -> str:
    """The sentence that stands for a task: a sentence itself, or one of the task of that name.

    Raises:
        ValueError: neither; names the closest ones.
    """
    if task not in TASKS:
        return find_goal(task).sentence
    target = next((target for target in TASKS[task].targets if target), "")
    return wordings(TASKS[task], target)[0]


def plan(
    worlds: Sequence[str],
    tasks: Sequence[str],
    arms: Sequence[str],
    algorithms: Sequence[str],
    priors: Sequence[str],
    seeds: Sequence[int],
) -> list[Cell]:
    """Every combination, without those that an algorithm cannot tell apart.

    A baseline that reads the success prior alone has one cell for all priors with the same
    success signal. Cells of one seed come first, so that an interrupted bench is of use.

    Raises:
        ValueError: a name is not valid, or nothing is left.
    """
    variants = [parse(text) for text in priors]
    for task in tasks:
        sentence_of(task)
    found = dict.fromkeys(
        Cell(world, task, arm, algorithm, variant.name, seed)
        for seed, world, task, arm, algorithm in itertools.product(
            seeds, worlds, tasks, arms, map(spelled, algorithms)
        )
        for variant in _read_by(algorithm, variants)
    )
    if not found:
        raise ValueError(f"no cell: {', '.join(algorithms)} cannot do without these priors")
    return list(found)


def _read_by(algorithm: str, variants: Sequence[Variant]) -> Iterator[Variant]:
    method = method_of(algorithm)
    for variant in variants:
        reduced = variant.reduced(method.reads, method.weighs)
        if not reduced.without & set(method.needs):
            yield reduced
