"""An interrupted baseline goes on with what it had learned and stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from easy_gyms import Lamp, PointGym

from fmac_ros.bench.learning import baseline_state
from fmac_ros.bench.learning.baseline import BaselineRun
from fmac_ros.bench.learning.baseline_state import Learning, Progress, load_state, save_state
from fmac_ros.bench.learning.cells import Effort
from fmac_ros.bench.learning.drqv2 import DrQConfig
from fmac_ros.bench.learning.pixels_cell import PixelTrainer
from fmac_ros.bench.learning.sac import Eyes, Steps, make_sac
from fmac_ros.bench.learning.sac_state import SacLearning
from fmac_ros.learning.tensors import FormatError

STARTS = 30


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def sac(env_steps: int = 60) -> Any:
    return make_sac(PointGym(), 0, env_steps, STARTS, 0.9, batch_size=8)


def drq(env_steps: int = 60) -> PixelTrainer:
    config = DrQConfig(batch_size=8, hidden=16, seed_steps=STARTS, stack=2, bfloat16=False)
    return PixelTrainer(Lamp(), config, env_steps, seed=0)  # type: ignore[arg-type]


def learned_sac(steps: int) -> SacLearning:
    model = sac()
    model.learn(steps, callback=Steps(lambda done: True))
    return SacLearning(model, 0)


def learned_drq(steps: int) -> PixelTrainer:
    trainer = drq()
    trainer.train(lambda done, learned: done < steps)
    return trainer


@pytest.mark.parametrize(
    ("learned", "new"),
    [(learned_sac, lambda: SacLearning(sac(), 0)), (learned_drq, drq)],
    ids=["sac", "drqv2"],
)
@pytest.mark.parametrize("steps", [STARTS - 10, STARTS + 20], ids=["in_play", "learning"])
def test_what_is_restored_is_what_was_kept(
    learned: Callable[[int], Learning], new: Callable[[], Learning], steps: int, tmp_path: Path
) -> None:
    before, after = learned(steps), new()
    save_state(tmp_path, before, Progress(steps, 5.0))
    assert load_state(tmp_path, after) == Progress(steps, 5.0)
    kept, restored = before.arrays(), after.arrays()
    assert kept.keys() == restored.keys()
    assert any(".exp_avg" in name for name in kept) == (steps > STARTS)
    for name, array in kept.items():
        np.testing.assert_array_equal(array, restored[name], err_msg=name)


def test_sac_goes_on_where_it_was_without_fitting_its_scales_again(tmp_path: Path) -> None:
    save_state(tmp_path, learned_sac(40), Progress(40))
    model = sac()
    assert load_state(tmp_path, SacLearning(model, 0)).env_steps == 40
    scale = model.actor.features_extractor.latent.state_dict()
    counted: list[int] = []
    hooks = Steps(lambda done: not counted.append(done), fitted=True)  # type: ignore[func-returns-value]
    model.learn(20, callback=hooks, reset_num_timesteps=False)
    assert counted == list(range(41, 61))
    assert model.replay_buffer.size() == 60 and model._n_updates == 20
    eyes = model.actor.features_extractor
    assert isinstance(eyes, Eyes)
    for name, value in eyes.latent.state_dict().items():
        assert torch.equal(value, scale[name])


def test_drq_goes_on_where_it_was(tmp_path: Path) -> None:
    save_state(tmp_path, learned_drq(40), Progress(40))
    trainer = drq()
    load_state(tmp_path, trainer)
    counted: list[int] = []
    trainer.train(lambda done, learned: not counted.append(done))  # type: ignore[func-returns-value]
    assert counted == list(range(41, 61))
    rewards, last = (trainer.arrays()[f"replay.{name}"] for name in ("rewards", "last"))
    assert (~last).sum() == 60 and not rewards[last].any()


def test_another_algorithms_state_is_refused(tmp_path: Path) -> None:
    save_state(tmp_path, learned_drq(5), Progress(5))
    with pytest.raises(FormatError, match=r"baseline.safetensors is of kind 'drqv2', valid: 'sac'"):
        load_state(tmp_path, SacLearning(sac(), 0))


class Counter:
    """Learns nothing; knows its steps."""

    kind = "counter"

    def __init__(self) -> None:
        self.count = 0

    def arrays(self) -> dict[str, np.ndarray]:
        return {"count": np.array([self.count])}

    def restore(self, arrays: Any, env_steps: int) -> None:
        self.count = int(arrays["count"][0])


class Rig:
    """A baseline's run in a folder, as often as it is started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.notes: list[str] = []
        self.evaluated: list[int] = []
        self.stop_at = self.stop_in_evaluation_at = 10_000

    def start(self) -> tuple[BaselineRun, Counter]:
        counter = Counter()

        def stopped() -> bool:
            return counter.count >= self.stop_at

        def act(state: Any) -> np.ndarray:
            if counter.count == self.stop_in_evaluation_at:
                self.stop_at = counter.count
            return np.ones(1, np.float32)

        run = BaselineRun(
            *(self._folder, Effort(60, 20, 2), Lamp(), act, counter),  # type: ignore[arg-type]
            *(lambda point: self.evaluated.append(point.env_steps), lambda steps: None),
            *(stopped, self.notes.append),
        )
        counter.count = run.env_steps
        return run, counter

    def go(self) -> BaselineRun:
        run, counter = self.start()
        going = run.after(run.env_steps, run.env_steps > 0)
        while going and counter.count < 60:
            counter.count += 1
            going = run.after(counter.count, True)
        return run


def test_a_run_that_was_stopped_goes_on_and_ends(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.stop_at = 30
    assert not rig.go().outcome().done
    rig.stop_at = 10_000
    outcome = rig.go().outcome()
    assert outcome.done and outcome.env_steps == 60
    assert [point.env_steps for point in outcome.points] == [20, 40, 60] == rig.evaluated
    assert rig.notes == ["goes on after 30 steps"]


@pytest.mark.parametrize("steps", [40, 60])
def test_an_evaluation_that_was_cut_off_is_made_up_for(tmp_path: Path, steps: int) -> None:
    rig = Rig(tmp_path)
    rig.stop_in_evaluation_at = steps
    assert not rig.go().outcome().done
    rig.stop_at = rig.stop_in_evaluation_at = 10_000
    outcome = rig.go().outcome()
    assert outcome.done and [point.env_steps for point in outcome.points] == [20, 40, 60]
    assert rig.evaluated == [20, 40, 60]


def test_evaluations_that_a_crash_left_without_their_training_are_dropped(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.stop_at = 25
    rig.go()
    kept = (tmp_path / baseline_state.FILE).read_bytes()
    rig.stop_at = 45
    rig.go()
    (tmp_path / baseline_state.FILE).write_bytes(kept)  # as if it had never come to write
    rig.stop_at = 10_000
    assert [point.env_steps for point in rig.go().outcome().points] == [20, 40, 60]
    assert rig.evaluated == [20, 40, 40, 60]
