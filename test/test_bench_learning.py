"""fmac bench learning: what is planned, run, resumed, and told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from fake_bench_worker import fake_worker
from tiny_priors import save_tiny_priors

from fmac_ros.bench.learning.cells import Cell, Effort, plan
from fmac_ros.bench.learning.evaluations import Evaluations, Point, Trial, first_reaching
from fmac_ros.bench.learning.folder import BenchFolder
from fmac_ros.bench.learning.methods import method_of, spelled
from fmac_ros.bench.learning.outcome import Outcome, make_row
from fmac_ros.bench.learning.pace import Pace
from fmac_ros.bench.learning.plots import draw_all
from fmac_ros.bench.learning.pool import Pool
from fmac_ros.bench.learning.scene import settings_of
from fmac_ros.bench.learning.table import report
from fmac_ros.bench.learning.variants import Variant, parse
from fmac_ros.bench.learning.worker import run_cell
from fmac_ros.cli.main import main
from fmac_ros.priors.spec import uses_oracle


@pytest.mark.parametrize(
    "name",
    [
        "learned",
        "oracle",
        "learned+no-value",
        "learned+oracle-success+false-positives=0.05",
        "oracle+value-noise=0.5+false-negatives=0.1+reliability",
        "oracle+no-video+value-reversed",
    ],
)
def test_the_name_of_priors_says_all_of_them(name: str) -> None:
    assert parse(name).name == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("guessed", "valid: learned, oracle, a directory or a YAML file"),
        ("learned+value-noise=0.5", "add .oracle-value"),
        ("oracle+false-positives=2", "a rate at most 1"),
        ("oracle+value-noise", "valid: no-value.*value-noise=NUMBER"),
        ("oracle+value-noise=much", "'much' is no number"),
        ("oracle+no-value", "exclude each other"),
    ],
)
def test_wrong_names_are_explained(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(name)


def test_oracles_become_a_file_of_backends(tmp_path: Path) -> None:
    path = tmp_path / "priors.yaml"
    assert parse("learned+no-video").save(path) == "embedded" and not path.exists()
    name = parse("oracle+value-reversed+false-positives=0.1").save(path)
    content = yaml.safe_load(path.read_text())
    assert uses_oracle(name) and content["root"] == "embedded"
    assert content["value"] == {"backend": "oracle", "reversed": True}
    assert content["success"] == {"backend": "oracle", "false_positive_rate": 0.1}
    assert content["video"] == {"backend": "embedded"}
    assert parse("oracle").signal() == "ground truth"
    assert parse("oracle+false-positives=0.1").signal() == "ground truth with errors"
    assert parse("learned").signal() == "success prior"


def cells(algorithms: str, priors: str, seeds: tuple[int, ...] = (0,)) -> list[Cell]:
    return plan(
        ("pybullet",), ("press_button",), ("panda",), algorithms.split(), priors.split(), seeds
    )


def test_what_an_algorithm_cannot_tell_apart_is_run_once() -> None:
    priors = "learned learned+no-value oracle oracle+value-noise=0.5 learned+reliability"
    found = cells("fac sac unipi", priors)
    assert [cell.priors for cell in found if cell.algorithm == "fac"] == priors.split()
    assert [cell.priors for cell in found if cell.algorithm == "sac"] == [
        "learned",
        "learned+oracle-success",
    ]
    assert [cell.priors for cell in found if cell.algorithm == "unipi"] == ["learned"]
    assert len({cell.name for cell in found}) == len(found)


def test_cells_that_make_no_sense_are_left_out() -> None:
    assert [c.algorithm for c in cells("fac sac", "learned+no-success")] == ["fac"]
    with pytest.raises(ValueError, match="cannot do without"):
        cells("unipi bc", "learned+no-video")
    with pytest.raises(ValueError, match="no simulated scene"):
        plan(("pybullet",), ("make coffee",), ("panda",), ("fac",), ("learned",), (0,))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("fmac", {}),
        ("fmac+imagine=once", {"imagine": "once"}),
        ("fmac+beta=10+updates_per_step=2", {"beta": 10.0, "updates_per_step": 2.0}),
        ("fac+choose_by_q=true+latent_noise=0.5", {"choose_by_q": True, "latent_noise": 0.5}),
        ("fmac-stabilised+kl_weight=certain", {"kl_weight": "certain"}),
        ("fac+reliability=true", {"reliability": True}),
    ],
)
def test_the_name_of_an_algorithm_says_what_it_changes(name: str, changes: dict) -> None:
    assert (spelled(name), method_of(name).changes) == (name, changes)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fmca", "no algorithm 'fmca', valid: fmac, .*drqv2"),
        ("fmac+imagine=twice", "imagine is 'twice', valid: every_step, once, nearest"),
        ("fmac+imagine", "imagine is '', valid: every_step"),
        ("fmac+beta=much", "beta is 'much', valid: a float"),
        ("fmac+latent_noise=-1", "latent_noise is -1.0, valid: .* at least 0"),
        ("fmac+batch_size=1.5", "batch_size is '1.5', valid: a int"),
        ("fmac+beta=1+beta=2", "changes a setting twice"),
        ("fmac+discount=0.9", "'discount=0.9' changes no setting, valid: .*beta"),
        ("fmac+seed=2", "changes no setting"),  # of the cell
        ("fmac+device=cuda", "changes no setting"),  # of the machine
        ("fac+use_value=false", "changes no setting"),  # of its priors
        ("fmac-stabilised+objective=literal", "changes no setting"),  # of the method
        ("sac+discount=0.9", "sac has no settings to change, valid: changes of fmac"),
    ],
)
def test_wrong_changes_are_explained(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        method_of(name)


def test_variants_of_an_algorithm_are_cells_of_one_table() -> None:
    names = "fmac fmac+imagine=once fmac+beta=5 fmac+beta=5.0 unipi+look_ahead=3"
    found = cells(names, "learned learned+no-value")
    assert list(dict.fromkeys(cell.algorithm for cell in found)) == [
        *("fmac", "fmac+imagine=once", "fmac+beta=5", "unipi+look_ahead=3")
    ]
    assert [c.priors for c in found if c.algorithm.startswith("unipi")] == ["learned"]
    assert found[2].name == "pybullet--press-button--panda--fmac-imagine-once--learned--seed0"
    rows = [make_row(cell, Outcome(True, 305, 99.5, points(3)), None) for cell in found[:3]]
    assert "| fmac+imagine=once | learned | success prior |" in report(rows)


def test_a_change_wins_over_what_is_set_for_all_cells() -> None:
    def of(algorithm: str) -> dict[str, Any]:
        cell = Cell("pybullet", "press_button", "panda", algorithm, "learned", 0)
        return settings_of(cell, Effort(settings={"updates_per_step": 0.5, "batch_size": 32}))

    plain, changed = of("fmac"), of("fmac+updates_per_step=2+imagine=nearest")
    assert (plain["updates_per_step"], plain["imagine"]) == (0.5, "every_step")
    assert changed == {**plain, "updates_per_step": 2.0, "imagine": "nearest"}


def test_settings_follow_the_method_the_task_and_the_user() -> None:
    def of(algorithm: str, priors: str, task: str = "press_button", **chosen: Any) -> dict:
        cell = Cell("pybullet", task, "panda", algorithm, priors, 3)
        return settings_of(cell, Effort(settings=chosen))

    bc = of("bc", "learned")
    assert (bc["use_value"], bc["use_success"], bc["stop_on_success"]) == (False, False, False)
    assert of("unipi", "learned")["behaviour"] == "prior"
    without = of("fac", "learned+no-success+no-value")
    assert (without["stop_on_success"], without["use_value"]) == (False, False)
    assert of("fmac", "learned+reliability")["reliability"] and bc["seed"] == 3
    grasping = of("fmac", "learned", "pick_place")
    assert (grasping["action_space"], grasping["horizon"]) == ("ee_delta_gripper", 60)
    plain = of("fmac+kl_weight=plain+gripper_hold=1", "learned", "pick_place")
    assert (grasping["kl_weight"], grasping["gripper_hold"]) == ("informed", 4)
    assert (plain["kl_weight"], plain["gripper_hold"]) == ("plain", 1)
    assert of("fmac", "learned", horizon=7)["horizon"] == 7
    with pytest.raises(ValueError, match="no setting 'horizons'"):
        of("fmac", "learned", horizons=7)


def test_several_tasks_are_learned_with_changed_settings() -> None:
    algorithms = "fmac+imagine=once", "fac+latent_noise=1"
    found = plan(("pybullet",), ("press_button+reach",), ("panda",), algorithms, ("learned",), (0,))
    once, noisy = (settings_of(cell, Effort()) for cell in found)
    assert (once["imagine"], noisy["latent_noise"]) == ("once", 1.0)
    assert once["task"] == noisy["task"] == "press the red button; reach the red ball"


def test_evaluations_are_due_at_intervals_and_go_on_from_the_disk(tmp_path: Path) -> None:
    told: list[Point] = []

    def make() -> Evaluations:
        trials = [Trial(True), Trial(False)]
        return Evaluations(tmp_path, Effort(250, 100, 2), lambda: trials, told.append)

    first = make()
    assert [first.due(steps) for steps in (0, 99, 100, 250)] == [False, False, True, True]
    first.run(130, 10.0)
    assert not first.due(199) and first.due(200)
    with (tmp_path / "evaluations.jsonl").open("a") as file:
        file.write('{"env_steps": 2')  # a crash in the middle of a line
    again = make()
    assert again.points == told and not again.due(130)
    again.run(251, 30.0)
    assert make().points == told and told[1].train_s == pytest.approx(30 - told[0].evaluate_s)


CELL = Cell("pybullet", "press_button", "panda", "fmac", "learned", 0)
RED, BALL, NEW = "press the red button", "reach the red ball", "hit the red button"


def test_several_tasks_tell_seen_and_unseen_wordings_apart(tmp_path: Path) -> None:
    trials = [Trial(True, RED), Trial(False, BALL), Trial(True, NEW, unseen=True)]
    evaluations = Evaluations(tmp_path, Effort(), lambda: trials, lambda point: None)
    evaluations.run(100, 10.0)
    again = Evaluations(tmp_path, Effort(), lambda: trials, lambda point: None)
    cell = Cell("pybullet", "press_button+reach", "panda", "fmac", "learned", 0)
    assert cell.sentence == f"{RED}; {BALL}"
    row = make_row(cell, Outcome(True, 100, 9.0, again.points), None)
    assert (row["successes"], row["episodes"]) == (1, 2), "new wordings count by themselves"
    assert (row["unseen_successes"], row["unseen_episodes"]) == (1, 1)
    assert row["sentences"] == {RED: [1, 1], BALL: [0, 1], NEW: [1, 1]}
    assert json.loads(json.dumps(row)) == row
    text = report([row, row])
    assert "- fmac learned, wordings never trained on: 2 of 2, 100%" in text
    assert f"  - {BALL}: 0 of 2" in text
    assert "unseen" not in json.dumps(make_row(CELL, Outcome(True, 1, 1.0, points(3)), None))
    assert "By wording" not in report(rows_of())


def points(*successes: int) -> list[Point]:
    return [
        Point(100 * (n + 1), solved, 20, 60.0 * (n + 1), 0) for n, solved in enumerate(successes)
    ]


def test_reaching_ninety_percent_is_the_first_evaluation_with_it() -> None:
    reached = first_reaching(points(3, 18, 10, 20))
    assert reached is not None and reached.env_steps == 200
    assert first_reaching(points(3, 17)) is None


def rows_of(priors: str = "learned", seeds: int = 3) -> list[dict[str, Any]]:
    curves = [points(3, 18, 20), points(2, 10, 17), points(0, 19, 19)]
    return [
        make_row(
            Cell("pybullet", "reach", "ur5e", "fac", priors, seed),
            Outcome(True, 305, 100.0, curves[seed]),
            None,
        )
        for seed in range(seeds)
    ]


def test_a_row_has_what_scripts_read() -> None:
    row = make_row(CELL, Outcome(True, 305, 99.5, points(3, 18, 20)), {"verdict": "well"})
    assert row["env_steps_to_90"] == 200 and row["minutes_to_90"] == 2.0
    assert (row["world"], row["task"], row["arm"]) == ("pybullet", "press_button", "panda")
    assert (row["algorithm"], row["priors"], row["seed"]) == ("fmac", "learned", 0)
    assert (row["env_steps"], row["success"], row["episodes"]) == (305, 1.0, 20)
    assert row["interval_95"][0] == pytest.approx(0.8389, abs=1e-3)
    never = make_row(CELL, Outcome(True, 305, 99.5, points(3, 17)), None)
    assert never["env_steps_to_90"] is None and json.loads(json.dumps(never)) == never


def test_tables_pool_seeds_and_take_the_median_to_ninety_percent() -> None:
    text = report(rows_of())
    assert "| fac | learned | success prior | 3 | 305 | 56 of 60, 93% |" in text
    assert "| 200 (2 of 3 seeds) | 2.0 (2 of 3 seeds) |" in text
    slow = rows_of()[1:2] * 2 + rows_of()[:1]
    assert "not reached (1 of 3 seeds)" in report(slow)
    stopped = make_row(CELL, Outcome(False, 205, 100.0, points(3, 18)), None)
    assert "| 205, interrupted | 18 of 20" in report([stopped])


def test_pictures_of_curves_and_of_robustness(tmp_path: Path) -> None:
    names = ("oracle", "oracle+value-noise=0.5", "oracle+reliability")
    rows = [row for name in names for row in rows_of(name)]
    rows += rows_of("oracle+value-noise=0.5+reliability")
    files = {path.name for path in draw_all(rows, tmp_path)}
    assert files == {
        "curve-pybullet-reach-ur5e.png",
        "robustness-value-noise-pybullet-reach-ur5e.png",
    }
    assert all((tmp_path / name).stat().st_size > 1000 for name in files)


def test_several_scenes_are_also_drawn_on_one_sheet(tmp_path: Path) -> None:
    rows = [row | {"task": task} for task in ("reach", "push") for row in rows_of("learned")]
    files = {path.name for path in draw_all(rows, tmp_path)}
    curves = {f"curve-pybullet-{task}-ur5e.png" for task in ("reach", "push")}
    assert files == {"overview.png", *curves}


def test_time_left_counts_each_algorithm_by_its_own_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("fmac_ros.bench.learning.pace.time.monotonic", lambda: now[0])
    both = [CELL, Cell("pybullet", "reach", "panda", "fmac", "learned", 0)]
    pace = Pace(both, 100, jobs=2)
    assert pace.line() == "0 of 2 cells done"
    pace.started(CELL)
    pace.at(CELL, 40)  # an earlier sitting's
    now[0] = 20.0
    pace.at(CELL, 50)
    assert pace.remaining_s() == pytest.approx(200)  # the other cell alone: 100 steps of 2 s
    assert pace.places(both).startswith(f"{CELL.title}, at 50, {both[1].title}, at 0 of 100 steps;")
    pace.finished(CELL)
    assert pace.line() == "1 of 2 cells done, about 3 min left"


def test_a_folder_goes_on_only_with_the_same_effort(tmp_path: Path) -> None:
    folder = BenchFolder(tmp_path / "out", Effort(), resume=False)
    folder.save_about({})
    with pytest.raises(RuntimeError, match="another bench runs"):
        BenchFolder(tmp_path / "out", Effort(), resume=True)
    folder.close()
    with pytest.raises(ValueError, match="add --resume"):
        BenchFolder(tmp_path / "out", Effort(), resume=False)
    with pytest.raises(ValueError, match="has env_steps 8000, not 9"):
        BenchFolder(tmp_path / "out", Effort(9), resume=True)
    BenchFolder(tmp_path / "out", Effort(), resume=True).close()


def test_cells_that_fail_or_die_leave_the_others_alone(tmp_path: Path) -> None:
    said: list[str] = []
    pool = Pool(tmp_path, Effort(100), 2, said.append, target=fake_worker)
    pool.run(cells("fmac", "learned", (0, 1, 2)))
    assert [row["seed"] for row in pool.rows.values()] == [0]
    reasons = {cell.seed: reason for cell, reason in pool.failed.items()}
    assert reasons == {1: "ValueError: broken", 2: "its process ended with code 9"}
    assert any("20 of 20 after 100 steps" in line for line in said)


def test_a_long_silence_is_broken_by_how_far_the_cells_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (slow,) = cells("fmac", "learned", (5,))
    far = f"{slow.title}, at 40 of 100 steps; 0 of 1 cells done"

    def say(text: str) -> None:
        if text == far:
            (tmp_path / slow.name / "heard").touch()

    monkeypatch.setattr("fmac_ros.bench.learning.pool.QUIET", 0.0)
    pool = Pool(tmp_path, Effort(100), 1, say, target=fake_worker)
    pool.run([slow])  # its worker waits until it was heard
    assert slow in pool.rows


def interrupted_pool(folder: Path, seed: int) -> Pool:
    """A pool that was interrupted while the worker of that seed waited for it."""

    def say(text: str) -> None:
        if text.startswith("starting"):
            signal.setitimer(signal.ITIMER_REAL, 3.0)

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    pool = Pool(folder, Effort(100), 1, say, target=fake_worker)
    waiting = cells("fmac", "learned", (seed,))
    try:
        with pytest.raises(KeyboardInterrupt):
            while not (folder / waiting[0].name).exists():
                pool.run(waiting)
    finally:
        signal.signal(signal.SIGALRM, before)
    return pool


def test_a_worker_that_dies_while_it_is_stopped_is_told_of(tmp_path: Path) -> None:
    pool = interrupted_pool(tmp_path, 4)
    assert not pool.stopped
    assert list(pool.failed.values()) == ["its process ended with code 9"]


def test_an_interrupt_lets_workers_save(tmp_path: Path) -> None:
    pool = interrupted_pool(tmp_path, 3)
    (saved,) = tmp_path.iterdir()
    assert (saved / "saved").exists() and not pool.failed
    assert not pool.rows and [row["seed"] for row in pool.stopped.values()] == [3]


SMALL = "--env-steps 60 --eval-every 30 --eval-episodes 1 --jobs 1 --algorithms fmac --set"
SETTINGS = "horizon=6 play_horizon=6 seed_steps=12 seed_updates=2 updates_per_step=0.05"


@pytest.mark.slow
def test_a_whole_bench_is_interrupted_resumed_and_not_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = save_tiny_priors(tmp_path / "tiny")
    out, found = tmp_path / "out", tmp_path / "rows.json"
    words = ["bench", "learning", "--priors", f"{root}", "--out", str(out), *SMALL.split()]
    command = [*words, *SETTINGS.split(), "--json", str(found)]
    process = subprocess.Popen(
        [sys.executable, "-m", "fmac_ros.cli.main", *command], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    while " after " not in (line := process.stdout.readline()):
        assert line, "it ended before its first evaluation"
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=100)[0]
    assert process.returncode == 130 and "--resume" in rest, rest
    assert "interrupted | " in rest and not json.loads(found.read_text())["rows"][0]["finished"]
    assert main([*command, "--resume"]) == 0
    assert "goes on after" in capsys.readouterr().out
    (row,) = json.loads(found.read_text())["rows"]
    assert row["priors"] == str(root) and [p["episodes"] for p in row["curve"]] == [1, 1]
    assert row["diagnosis"]["verdict"] and not list(out.rglob("episodes"))
    assert "| fmac |" in (out / "report.md").read_text()
    (kept,) = out.rglob("cell.json")
    written = kept.stat().st_mtime_ns
    assert main([*command, "--resume"]) == 0
    assert kept.stat().st_mtime_ns == written and "1 of them finished" in capsys.readouterr().out
    assert main(command) == 1 and "add --resume" in capsys.readouterr().err


def test_a_cell_that_ends_before_it_learned_says_what_would_do(tmp_path: Path) -> None:
    priors = save_tiny_priors(tmp_path / "tiny")
    cell = Cell("pybullet", "press_button", "panda", "fmac", str(priors), 0)
    effort = Effort(3, 1, 1, {"horizon": 6, "play_horizon": 6})
    with pytest.raises(ValueError, match="env_steps is 3, valid: so many that"):
        run_cell(cell, effort, tmp_path / "cell", False, lambda *_: None, lambda: False)


def test_variants_without_oracles_stay_what_they_are() -> None:
    assert Variant().reduced(("video",), False) == Variant()
