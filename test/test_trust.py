"""Audits and reliability weights, on synthetic episodes and in whole small runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning_world import LATENT_SHAPE, STEP, PointEncoder, PointWorld, make_record
from torch import Tensor

from fmac_ros.learning.algorithm import train
from fmac_ros.learning.config import LearnerConfig, TrainConfig
from fmac_ros.learning.episode_file import pack_record, unpack_record
from fmac_ros.learning.learner import Learner
from fmac_ros.learning.networks import Gaussian
from fmac_ros.learning.objectives import advantage, guidance
from fmac_ros.learning.progress import Progress, Subscriber
from fmac_ros.learning.record import Record
from fmac_ros.learning.replay import Batch
from fmac_ros.learning.store import RunStore
from fmac_ros.report.history import load_history
from fmac_ros.trust.audit import Auditor, HumanAudit, ValueAudit, audited
from fmac_ros.trust.reliability import LEAST, Reliability, heading
from fmac_ros.trust.weights import PriorWeights
from fmac_ros.types import Episode, PriorLabels, RolloutSpec

STEPS = 6


def episode(seed: int, success: bool, rising: bool = True, towards: float = 1.0) -> Record:
    """An episode that walks to a random latent; successes end with a high M_V if ``rising``.

    ``towards`` is the share of the imagined change that points at its end.
    """
    rng = np.random.default_rng(seed)
    record = make_record(STEPS, seed)
    ends = rng.normal(size=(2, *LATENT_SHAPE))
    shares = np.linspace(0, 1, STEPS + 1)[:, None, None, None]
    latents = (ends[0] + shares * (ends[1] - ends[0])).astype(np.float16)
    change = towards * (ends[1] - ends[0]) / STEPS + 0.05 * rng.normal(size=(STEPS, *LATENT_SHAPE))
    goal = 0.97 if success == rising else 0.3
    values = np.append(np.linspace(0.4, goal, STEPS), goal) + 0.01 * rng.normal(size=STEPS + 1)
    successes = np.zeros(STEPS + 1, np.float32)
    successes[-2:] = success
    labels = PriorLabels(
        values.astype(np.float32), successes, successes, (latents[:-1] + change).astype(np.float16)
    )
    own = replace(record.episode, terminated=success, truncated=not success)
    return Record(own, labels, latents)


def collect(count: int, audited: bool = False, **kind: object) -> Reliability:
    found = Reliability(audited)
    for seed in range(count):
        found.add(episode(seed, success=seed % 2 == 0, **kind))  # type: ignore[arg-type]
    return found


def test_a_good_prior_counts_fully_and_a_reversed_one_not_at_all() -> None:
    good = collect(40)
    assert good.weights == PriorWeights() and good.reversed_priors == ()
    turned = collect(40, rising=False)
    assert turned.weights == PriorWeights(value=0.0) and turned.reversed_priors == ("value",)
    assert turned.metrics()["value_reversed"] == 1.0
    backwards = collect(40, towards=-1.0)
    assert backwards.weights == PriorWeights(video=0.0)
    assert backwards.reversed_priors == ("video",)


def test_few_episodes_change_nothing() -> None:
    few = collect(6, rising=False)
    assert few.weights == PriorWeights() and few.reversed_priors == ()
    few = collect(2 * LEAST - 2, towards=-1.0)
    assert few.weights == PriorWeights() and few.reversed_priors == ()


@pytest.mark.parametrize(("successes", "weight"), [(3, 1.0), (4, 0.0)])
def test_a_reversed_value_prior_is_shut_off_once_it_cannot_be_chance(
    successes: int, weight: float
) -> None:
    found = Reliability()
    for seed in range(50 + successes):
        found.add(episode(seed, success=seed < successes, rising=False))
    assert found.weights.value == weight
    assert found.reversed_priors == (() if weight else ("value",))


def test_a_value_prior_that_knows_nothing_loses_weight_without_being_called_reversed() -> None:
    found, rng = Reliability(), np.random.default_rng(0)
    for seed in range(200):
        record = episode(seed, success=seed % 2 == 0)
        noise = rng.random(STEPS + 1).astype(np.float32)
        found.add(replace(record, labels=replace(record.labels, values=noise)))
    assert found.weights.value < 0.4 and found.reversed_priors == ()


def test_success_counts_by_its_audited_claims() -> None:
    found = Reliability(audited=True)
    for seed in range(20):
        record = episode(seed, success=True)
        found.add(replace(record, rejected="no") if seed % 4 == 0 else record)
    assert found.weights.success == 0.75
    assert collect(40).weights.success == 1.0  # nobody looked


def test_heading_is_the_cosine_towards_the_end() -> None:
    assert heading(episode(0, True)) == pytest.approx(1.0, abs=0.1)
    assert heading(episode(0, True, towards=-1.0)) == pytest.approx(-1.0, abs=0.1)
    still = episode(0, True)
    still = replace(still, latents=np.zeros_like(still.latents))
    assert heading(still) is None


def test_weights_scale_their_own_terms() -> None:
    ones = torch.ones(3)
    batch = Batch(
        *[ones[:, None]] * 5, 0.2 * ones, 0.5 * ones, ones, ones, ones[:, None], ones.long()
    )
    config = LearnerConfig(beta=10.0)

    def at(**weights: float) -> Tensor:
        return advantage(batch, config, PriorWeights(**weights))

    torch.testing.assert_close(at(), 10.3 * ones)
    torch.testing.assert_close(at(value=0.0), 10.0 * ones)
    torch.testing.assert_close(at(success=0.5), 5.3 * ones)
    pi, rho = Gaussian(torch.zeros(3, 2), torch.ones(3, 2)), Gaussian(ones[:, None], ones[:, None])
    whole = guidance(pi, rho, config)
    assert whole > 0 and guidance(pi, rho, config, PriorWeights(video=0.0)) == 0
    torch.testing.assert_close(guidance(pi, rho, config, PriorWeights(video=0.5)), whole / 2)


def test_the_value_prior_must_agree() -> None:
    auditor = ValueAudit(0.9)
    assert auditor.objection(episode(0, True)) == ""
    assert "at the end, 0.90 is needed" in auditor.objection(episode(0, True, rising=False))
    record = episode(0, True)
    fallen = replace(record.labels, values=np.linspace(1.0, 0.95, STEPS + 1, dtype=np.float32))
    assert "fell from 1.00" in auditor.objection(replace(record, labels=fallen))
    with pytest.raises(ValueError, match="audit_value is 2, valid: 0 to 1"):
        ValueAudit(2)


@pytest.mark.parametrize(("answer", "reason"), [(True, ""), (False, "says no"), (None, "nobody")])
def test_only_a_persons_yes_counts(answer: bool | None, reason: str) -> None:
    record = audited(episode(0, True), HumanAudit(lambda record: answer))
    assert reason in record.rejected and bool(record.rejected) == (answer is not True)
    assert record.labels.successes.any() == (answer is True)
    assert record.episode.terminated  # what happened stays what happened


def test_an_episode_without_a_claim_is_nobodys_question() -> None:
    def fail(record: Record) -> bool:
        raise AssertionError("asked")

    record = episode(0, False)
    single = np.zeros(STEPS + 1, np.float32)
    single[3] = 1.0
    record = replace(record, labels=replace(record.labels, successes=single))
    looked_at = audited(record, HumanAudit(fail))
    assert not looked_at.labels.successes.any() and not looked_at.rejected
    assert audited(record, None) is record


def test_the_reason_is_stored() -> None:
    record = audited(episode(0, True, rising=False), ValueAudit())
    again = unpack_record(pack_record(record), "here")
    assert again.rejected == record.rejected != ""
    assert unpack_record(pack_record(episode(0, True)), "here").rejected == ""


class MixedWorld(PointWorld):
    """A world in which half of the episodes are solved, whatever is learned."""

    def _decide(
        self, spec: RolloutSpec, point: np.ndarray, mark: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        straight = np.clip((mark - point) / STEP, -1, 1)
        return straight if spec.seed % 2 else rng.uniform(-1, 1, 2)


class ReversedValue(MixedWorld):
    """A world whose value prior prefers to be far away."""

    def label(self, episode: Episode) -> PriorLabels:
        labels = super().label(episode)
        return replace(labels, values=1 - labels.values)


class Told(Subscriber):
    """What a run told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.rejections: list[str] = []

    def on_note(self, note: str) -> None:
        self.notes.append(note)

    def on_rejection(self, episode: Episode, reason: str) -> None:
        self.rejections.append(reason)


CONFIG = TrainConfig(
    task="move onto the mark",
    env_steps=400,
    seed_steps=20,
    play_horizon=10,
    horizon=10,
    seed_updates=5,
    updates_per_step=0.05,
    checkpoint_every=3,
    background=False,
    reliability=True,
)


def run(
    folder: Path, config: TrainConfig, world: PointWorld, auditor: Auditor | None = None
) -> tuple[Learner, Progress, Told]:
    torch.set_num_threads(1)
    learner = Learner(LearnerConfig(batch_size=16), LATENT_SHAPE, 2, 2, seed=0)
    exists = (folder / "config.json").exists()
    store = RunStore.open(folder) if exists else RunStore.create(folder, {})
    told = Told()
    progress = train(
        world, world, learner, PointEncoder(), store, config, (world, told), None, auditor
    )
    store.close()
    return learner, progress, told


@pytest.mark.parametrize("background", [False, True])
def test_a_reversed_value_prior_is_shut_off_in_a_run(tmp_path: Path, background: bool) -> None:
    config = replace(CONFIG, background=background)
    learner, progress, told = run(tmp_path / "reversed", config, ReversedValue())
    assert learner.weights.value == 0.0 and progress.metrics["weight_value"] == 0.0
    assert any("value prior is reversed and shut off" in note for note in told.notes)
    learner, progress, told = run(tmp_path / "good", config, MixedWorld())
    assert learner.weights.value == 1.0 and not told.notes
    off = replace(config, reliability=False)
    learner, progress, told = run(tmp_path / "off", off, ReversedValue())
    assert learner.weights == PriorWeights() and not told.notes
    assert "weight_value" not in progress.metrics


def test_a_resumed_run_has_the_same_weights(tmp_path: Path) -> None:
    whole, _, _ = run(tmp_path / "whole", CONFIG, ReversedValue())
    run(tmp_path / "parts", replace(CONFIG, env_steps=230), ReversedValue())
    parts, _, _ = run(tmp_path / "parts", CONFIG, ReversedValue())
    assert parts.weights == whole.weights and parts.weights.value == 0.0
    assert parts.parameters() == whole.parameters()


def test_rejected_claims_are_no_success_anywhere(tmp_path: Path) -> None:
    config = replace(CONFIG, audit="priors", reliability=False)
    _, progress, told = run(tmp_path, config, ReversedValue(), ValueAudit(0.9))
    assert progress.successes == 0 and told.rejections
    assert progress.metrics["audit_rejected"] == len(told.rejections)
    assert not any(outcome.solved for outcome in load_history(tmp_path).claims)
    records = list(RunStore.open(tmp_path, writable=False).records())
    assert not any(record.labels.successes.any() for record in records)
    assert sum(bool(record.rejected) for record in records) == len(told.rejections)
