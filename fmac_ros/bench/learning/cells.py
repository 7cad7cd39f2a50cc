"""What is measured: one cell for each world, task, arm, algorithm, priors and seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fmac_ros.bench.learning.methods import METHODS
from fmac_ros.bench.learning.variants import Variant, parse
from fmac_ros.bench.learning.worlds import WORLDS
from fmac_ros.run_dir import slug


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
    """One run of one method. Everything is text or a number: it travels to another process."""

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
        return WORLDS[self.world].sentence_of(self.task)

    @property
    def variant(self) -> Variant:
        """Its priors."""
        return parse(self.priors)

    def asdict(self) -> dict[str, Any]:
        """Its fields, for JSON."""
        return asdict(self)


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
        ValueError: a name is not valid, or nothing is left.
    """
    variants = [parse(text) for text in priors]
    scenes = _scenes(worlds, tasks, arms)
    found = dict.fromkeys(
        Cell(*scene, algorithm, variant.name, seed)
        for seed, scene, algorithm in itertools.product(seeds, scenes, algorithms)
        for variant in _read_by(algorithm, variants)
    )
    if not found:
        raise ValueError(f"no cell: {', '.join(algorithms)} cannot do without these priors")
    return list(found)


def _scenes(
    worlds: Sequence[str], tasks: Sequence[str], arms: Sequence[str]
) -> list[tuple[str, str, str]]:
    """World, task and arm of every scene."""
    for task in tasks:
        if not any(_knows(world, task) for world in worlds):
            WORLDS[worlds[0]].sentence_of(task)  # it says which tasks are close
    return [
        (world, task, arm)
        for world in worlds
        for task in tasks
        if _knows(world, task)
        for arm in WORLDS[world].arms(arms)
    ]


def _knows(world: str, task: str) -> bool:
    try:
        WORLDS[world].sentence_of(task)
    except ValueError:
        return False
    return True


def _read_by(algorithm: str, variants: Sequence[Variant]) -> Iterator[Variant]:
    method = METHODS[algorithm]
    for variant in variants:
        reduced = variant.reduced(method.reads, method.weighs)
        if not reduced.without & set(method.needs):
            yield reduced
