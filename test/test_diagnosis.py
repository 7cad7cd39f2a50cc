"""A failed run names its weak stage: one run for each part that can be broken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from broken_worlds import (
    FalseSuccess,
    Held,
    MissedSuccess,
    NeverSuccess,
    ReversedValue,
    ShuffledActions,
    Watched,
    WrongVideo,
)
from learning_world import LATENT_SHAPE, PointEncoder
from test_algorithm import CONFIG

from fmac_ros.learning.algorithm import train
from fmac_ros.learning.algorithms import learner_config, make_learner
from fmac_ros.learning.store import RunStore
from fmac_ros.report import diagnosis as stages
from fmac_ros.report.diagnosis import Diagnosis, diagnose
from fmac_ros.report.evidence import Evidence, Trace
from fmac_ros.report.history import TRUTH_FILE
from fmac_ros.report.run_diagnosis import diagnose_run
from fmac_ros.types import RolloutSpec

QUICK = {"learning_rate": 1e-3, "averaging": 0.99, "next_latent_noise": 0.5, "batch_size": 32}


def run(
    folder: Path, world: Watched, algorithm: str = "fmac", updates: float = 1.0, **settings: bool
) -> Diagnosis:
    """Train in ``world``, evaluate, and let the run explain itself."""
    torch.set_num_threads(1)
    config = replace(
        CONFIG,
        env_steps=400,
        algorithm=algorithm,
        seed_updates=int(200 * updates),
        updates_per_step=updates,
    )
    own = learner_config(algorithm, {**QUICK, **settings, "warm_start": 2})
    learner = make_learner(algorithm, own, LATENT_SHAPE, 2, 2, 0)
    store = RunStore.create(folder, {})
    train(world, world, learner, PointEncoder(), store, config, (world,))
    store.close()
    truth = [{"episode_id": key, "success": bool(value)} for key, value in world.truth.items()]
    (folder / TRUTH_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in truth))
    for seed in range(20):
        world.rollout(RolloutSpec(f"e{seed}", "t", "policy", 15, 9000 + seed, True))
    rate = sum(world.truth[f"e{seed}"] for seed in range(20)) / 20
    return diagnose_run(folder, rate, {"look_ahead": 1, **settings})


FAILING = {
    "false": (FalseSuccess, f"{stages.SUCCESS}: false successes"),
    "rho": (ShuffledActions, f"{stages.RHO}: inverse dynamics error"),
    "video": (WrongVideo, f"{stages.VIDEO}: imagined video off task"),
    "gate": (Held, f"{stages.GATE}: the arm was held"),
}


QUICKEST = "gate"


@pytest.mark.parametrize(
    "kind",
    [kind if kind == QUICKEST else pytest.param(kind, marks=pytest.mark.slow) for kind in FAILING],
)
def test_a_failed_run_names_the_broken_part_first(tmp_path: Path, kind: str) -> None:
    world, fault = FAILING[kind]
    found = run(tmp_path / "run", world(), updates=1.0 if kind == "video" else 0.3)
    assert found.success < stages.GOOD, found.lines()
    assert f"success): {fault}" in found.verdict, found.lines()


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        (ReversedValue, f"{stages.VALUE}: it is reversed"),
        pytest.param(MissedSuccess, f"{stages.SUCCESS}: missed successes", marks=pytest.mark.slow),
    ],
)
def test_a_prior_that_the_run_may_get_by_without_is_named_all_the_same(
    tmp_path: Path, world: type[Watched], fault: str
) -> None:
    found = run(tmp_path / "run", world())
    assert fault in found.verdict, found.lines()


@pytest.mark.slow
def test_a_critic_without_anything_to_learn_from(tmp_path: Path) -> None:
    found = run(tmp_path / "run", NeverSuccess(), "fac", 0.3, use_value=False)
    assert stages.CRITIC in {finding.stage for finding in found.weak}, found.lines()
    assert "critic collapse" in found.verdict


@pytest.mark.slow
def test_a_run_that_is_merely_not_finished_blames_no_stage(tmp_path: Path) -> None:
    found = run(tmp_path / "run", Watched(), updates=0.3)
    assert found.success < stages.GOOD and not found.weak, found.lines()


def test_a_good_run_has_no_weak_stage(tmp_path: Path) -> None:
    found = run(tmp_path / "run", Watched())
    assert found.success >= stages.GOOD and not found.weak, found.lines()
    judged = {finding.stage for finding in found.findings}
    expected = {stages.GATE, stages.SUCCESS, stages.VALUE, stages.RHO, stages.VIDEO, stages.POLICY}
    assert judged == expected


def trace(solved: bool | None = True, claimed: bool = True, rejected: bool = False) -> Trace:
    """An episode of ten steps in which all went well, but for what is said."""
    value = 0.9 if solved else 0.3
    return Trace(False, 10, 0, claimed, rejected, solved, 2 * claimed, value, 0.5, 0.5)


SOUND = {"rho_unseen_cosine": 0.9, "rho_unseen_error": 0.1, "policy_cosine": 0.9}


def test_a_value_that_promises_what_does_not_come_is_weak() -> None:
    """Without successes there is no AUC; what M_V says of the failures is left."""
    failed = trace(solved=False, claimed=False)
    high = replace(failed, value=0.9)
    fault = f"{stages.VALUE}: it promises a success that does not come"
    found = diagnose(Evidence((failed,) * 10 + (high, failed, high, high) * 3, SOUND), 0.0)
    assert fault in found.verdict, found.lines()
    patient = diagnose(Evidence((high,) * 10 + (failed, failed, high) * 4, SOUND), 0.0)
    assert fault not in patient.verdict, patient.lines()
    solved = (trace(),) * stages.LEAST + (high,) * 15
    assert stages.VALUE in {finding.stage for finding in diagnose(Evidence(solved), 0.0).findings}
    assert fault not in diagnose(Evidence(solved), 0.0).verdict


def test_a_fault_of_a_run_that_learned_is_no_excuse() -> None:
    found = diagnose(Evidence((trace(),) * 20, {**SOUND, "policy_cosine": 0.0}), 0.95)
    fault = f"{stages.POLICY}: it does not follow the video"
    assert found.verdict == f"the task is learned (95% success), in spite of {fault}"


def test_nothing_weak_is_said_to_be_nothing() -> None:
    traces = tuple(trace(solved=n % 2 == 0, claimed=n % 2 == 0) for n in range(40))
    found = diagnose(Evidence(traces, SOUND), 0.5)
    assert found.verdict == f"{stages.NONE_FOUND} (50% success)"
    assert json.loads(json.dumps(found.asdict()))["findings"][0]["limit"] == stages.MOST_HELD


def test_few_episodes_are_not_judged() -> None:
    found = diagnose(Evidence((trace(),) * 3, SOUND), 0.0)
    assert found.verdict == "too short to judge: 3 episodes after the random play, 10 needed"


def test_a_real_arm_is_judged_by_its_audit() -> None:
    asked = [trace(solved=None, claimed=n % 2 == 0, rejected=n % 2 == 1) for n in range(20)]
    found = diagnose(Evidence(tuple(asked), SOUND), 0.2)
    assert found.weak[0].what == "false successes" and "by the audit" in found.weak[0].detail
    silent = [trace(solved=None) for _ in range(20)]
    assert not diagnose(Evidence(tuple(silent), SOUND), 0.2).weak


@pytest.mark.parametrize(("spread", "loss", "weak"), [(0.1, 0.001, 0), (0.01, 0.0, 1), (0.1, 1, 1)])
def test_the_critic_must_explain_targets_that_differ(spread: float, loss: float, weak: int) -> None:
    metrics = {**SOUND, "q_target_spread": spread, "critic_loss": loss}
    found = diagnose(Evidence((trace(),) * 20, metrics), 0.5)
    assert [finding.stage for finding in found.weak] == [stages.CRITIC] * weak


def test_a_video_is_blamed_by_exclusion_whoever_follows_it() -> None:
    traces = tuple(trace(solved=False, claimed=False) for _ in range(20))
    followed = {name: SOUND[name] for name in ("rho_unseen_cosine", "rho_unseen_error")}
    for metrics in (SOUND, followed):  # by a policy, or by inverse dynamics alone
        (weak,) = diagnose(Evidence(traces, dict(metrics)), 0.1).weak
        assert weak.stage == stages.VIDEO and "by exclusion" in weak.detail
    lost = diagnose(Evidence(traces, {**SOUND, "rho_unseen_cosine": 0.1}), 0.1)
    assert [finding.stage for finding in lost.weak] == [stages.RHO]


def test_what_is_not_used_is_not_judged() -> None:
    traces = tuple(trace(solved=False) for _ in range(20))
    bad = {**SOUND, "rho_unseen_cosine": 0.0}
    assert {f.stage for f in diagnose(Evidence(traces, bad), 0.0).weak} == {
        stages.SUCCESS,
        stages.RHO,
    }
    assert not diagnose(Evidence(traces, bad), 0.0, uses=("value",)).weak
