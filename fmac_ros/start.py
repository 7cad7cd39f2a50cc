"""Finds the directory of a run to start, continue or evaluate, and the settings that hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fmac_ros import robot_side, task_setting
from fmac_ros.driver_config import SIMULATED_CELL
from fmac_ros.graph import OF_HARDWARE, ON_HARDWARE, WITH_SCENE, settings_of, task_needs
from fmac_ros.phrasing import phrasings
from fmac_ros.priors.spec import ORACLE_BASELINE, uses_oracle
from fmac_ros.run_dir import RUNS, RunDir, default_name, fresh, latest, slug
from fmac_ros.settings import Parameters, Value, check

# What may change between the parts of one run; anything else would make it another run.
CHANGEABLE = ("env_steps", "lockstep", "episodes", *OF_HARDWARE)
# How to evaluate is said anew each time; what to evaluate is in the run.
EVALUATION = ("episodes", "lockstep")


def train_settings(graph: str = "train_sim") -> Parameters:
    """What may be chosen for a training run and its evaluation, with the defaults."""
    both = {**settings_of(graph), "episodes": settings_of("eval_sim")["episodes"]}
    return {name: value for name, value in both.items() if name not in ("run_dir", "resume")}


def open_run(
    given: Mapping[str, Value], place: Path | None, resume: bool, graph: str = "train_sim"
) -> tuple[RunDir, Parameters]:
    """Make a new run directory, or open the one to resume.

    Args:
        given: settings that the user chose.
        place: directory of the run; None for runs/<task>-<robot>-seed<seed>.
        graph: the graph that trains it. A simulated one needs a scene for the task; on a real
            table any sentence goes.

    Raises:
        ValueError: the directory or a setting is not valid for this.
        FileNotFoundError: there is no run to resume.
    """
    defaults = train_settings(graph)
    given = check(given, defaults)
    settings = {**defaults, **given}
    if resume:
        return _resumed(place, settings, given)
    if graph in ON_HARDWARE:
        robot_side.check(settings)
    if graph in WITH_SCENE or settings["cell"] == SIMULATED_CELL:
        for task in _tasks(settings):
            _check_scenes(task)
    if any(map(task_setting.is_several, _tasks(settings))):
        _check_several(settings, graph)
    settings |= {n: value for n, value in task_needs(settings).items() if n not in given}
    return _new(place, settings), settings


def on_hardware(settings: Mapping[str, Value]) -> bool:
    """Whether settings are of a run on a real arm, or what stands for one."""
    return "driver" in settings


def trainer_settings(graph: str, settings: Parameters, run_dir: RunDir) -> Parameters:
    """What a training graph needs to know to work in ``run_dir``."""
    read = settings_of(graph)
    wanted = {name: value for name, value in settings.items() if name in read}
    # The directory is new or meant to be resumed; a trainer that is started again in the
    # middle of the run must continue it.
    return {**wanted, "run_dir": str(run_dir.path), "resume": True}


def sides_of(run_dir: RunDir, settings: Parameters) -> list[tuple[RunDir, Parameters]]:
    """The runs of a run directory with their settings: itself, or the two of a pair."""
    if not settings["paired"]:
        return [(run_dir, settings)]
    sides = []
    for task in (settings["task"], settings["paired"]):
        side, own = RunDir(run_dir.path / slug(task)), {**settings, "task": task, "paired": ""}
        side.save_settings(own)
        sides.append((side, own))
    return sides


def evaluation_settings(
    settings: Parameters, run_dir: RunDir, graph: str = "eval_sim"
) -> Parameters:
    """What an evaluation graph needs to know to evaluate the policy of ``run_dir``."""
    read = settings_of(graph)
    wanted = {name: value for name, value in settings.items() if name in read}
    paths = {"checkpoint": str(run_dir.path), "result_file": str(run_dir.evaluation)}
    return {**wanted, **paths}


def _new(place: Path | None, settings: Parameters) -> RunDir:
    if settings["paired"] and slug(settings["paired"]) == slug(settings["task"]):
        raise ValueError(f"paired is {settings['paired']!r}, as the task, valid: another one")
    run_dir = RunDir(place) if place else fresh(_base(settings))
    if run_dir.path.exists() and any(run_dir.path.iterdir()):
        raise ValueError(
            f"run directory {place} is not empty: resume the run in it, or choose another one"
        )
    run_dir.save_settings(settings)
    return run_dir


def _resumed(
    place: Path | None, settings: Parameters, given: Mapping[str, Value]
) -> tuple[RunDir, Parameters]:
    run_dir = RunDir(place) if place else latest(_base(settings))
    kept = run_dir.load_settings()
    for name, value in given.items():
        if name not in CHANGEABLE and kept.get(name) != value:
            raise ValueError(
                f"{run_dir.path} has {name} {kept.get(name)!r}, not {value!r}: "
                f"do not give {name} to continue this run, or start a new one without resuming"
            )
    changed = {name: value for name, value in given.items() if name in CHANGEABLE}
    settings = {**settings, **kept, **changed}
    run_dir.save_settings(settings)
    return run_dir, settings


def _base(settings: Parameters) -> Path:
    name = default_name(settings["task"], settings["robot"], settings["seed"])
    return RUNS / (f"{name}-{slug(ORACLE_BASELINE)}" if uses_oracle(settings["priors"]) else name)


def _tasks(settings: Mapping[str, Value]) -> list[str]:
    """The task setting of each run: one, or the two of a pair."""
    return [task for task in (settings["task"], settings["paired"]) if task]


def _check_scenes(task: str) -> None:
    """Refuse a sentence without a simulated scene before anything is started."""
    from fmac_ros.tasks import find_goal

    for sentence in task_setting.split(task):
        find_goal(sentence)


def _check_several(settings: Mapping[str, Value], graph: str) -> None:
    """Refuse several tasks that cannot be one policy's, or that the robot side cannot show."""
    phrasings(settings["task"])
    if settings["paired"]:
        raise ValueError(
            f"task is {settings['task']!r} and paired {settings['paired']!r}, valid: one sentence "
            "each, for each has its own policy"
        )
    if graph == "train_gazebo":
        raise ValueError(
            f"task is {settings['task']!r}, valid in Gazebo: one sentence, its scene stays as it is"
        )
