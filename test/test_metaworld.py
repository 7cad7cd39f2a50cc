"""Meta-World behind the same robot side: its eight tasks, our hand, and nothing of the objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_priors import save_tiny_priors

from fmac_ros.metaworld.loading import make_env, make_policy
from fmac_ros.metaworld.tasks import HORIZON, SENTENCES
from fmac_ros.picture import tile
from fmac_ros.priors.oracle.truth import TruthLedger
from fmac_ros.rollout import Rollout
from fmac_ros.sim.local_cell import LocalCell
from fmac_ros.types import Observation, RolloutSpec

pytest.importorskip("metaworld", reason="Meta-World is not installed (docs/metaworld.md)")

from fmac_ros.metaworld.controller import HandController  # noqa: E402
from fmac_ros.metaworld.light import lightened  # noqa: E402
from fmac_ros.metaworld.world import MetaWorld  # noqa: E402

SIZE = 32  # [pixels]; rendering is what takes time
DRAWER = "open the drawer"


def make_cell(sentence: str, ledger: TruthLedger | None = None) -> LocalCell:
    world = MetaWorld(sentence, image_size=SIZE)
    return LocalCell(world, HandController(world), SIZE, ledger)


@pytest.fixture(scope="module")
def cell() -> Iterator[LocalCell]:
    found = make_cell(DRAWER)
    yield found
    found.world.close()


def begin(cell: LocalCell, seed: int = 0, split: str = "train") -> Observation:
    cell.world.reset(seed, split)
    observation = cell.observe()
    cell.controller.reset(observation)
    return observation


@pytest.mark.parametrize("task", SENTENCES)
def test_scripted_policies_solve_every_task_through_our_side(task: str) -> None:
    """The expert sees the objects; its actions go through the same rollout as a policy's."""
    cell, expert = make_cell(SENTENCES[task][1]), make_policy(task)
    world: Any = cell.world
    try:
        world.reset(0, "eval")
        spec = RolloutSpec("e", world.goal.sentence, "policy", HORIZON, 0, stop_on_success=False)
        rollout = Rollout(spec, cell.controller, world.time)
        rollout.observe(cell.observe())
        while not (rollout.ended or world.ground_truth()):
            command = rollout.act(expert.get_action(world.privileged_state), 0, world.time)
            cell.obey(command)
            step = rollout.observe(cell.observe())
            assert step is not None and not step.held
            assert np.isfinite(step.next_proprio).all() and np.abs(step.action).max() <= 1
        assert world.ground_truth()
    finally:
        world.close()


def test_an_observation_holds_nothing_but_hand_gripper_and_pictures(cell: LocalCell) -> None:
    seen = begin(cell)
    assert [image.shape for image in seen.images] == [(SIZE, SIZE, 3)] * 2
    assert seen.joint_positions.shape == seen.joint_velocities.shape == (3,)
    assert seen.finger_positions.shape == seen.finger_velocities.shape == (1,)
    proprio = cell.controller.proprio(seen)
    assert proprio.shape == (7,) and proprio.dtype == np.float32 and proprio[6] > 0.9
    # The drawer is elsewhere, the hand is not, and so are all numbers.
    elsewhere = cell.controller.proprio(begin(cell, seed=1))
    np.testing.assert_allclose(elsewhere, proprio, atol=2e-3)


def test_layouts_of_training_and_evaluation_differ(cell: LocalCell) -> None:
    world: Any = cell.world

    def layouts(split: str) -> set[bytes]:
        return {_drawer(world, seed, split) for seed in range(20)}

    train, held_out = layouts("train"), layouts("eval")
    assert len(train) == len(held_out) == 20 and not train & held_out
    with pytest.raises(ValueError, match="split is 'test', valid: train, eval"):
        world.reset(0, "test")


def _drawer(world: Any, seed: int, split: str) -> bytes:
    world.reset(seed, split)
    return world.privileged_state[4:7].tobytes()


def test_a_seed_draws_the_same_episode_again(cell: LocalCell) -> None:
    def pictures() -> np.ndarray:
        seen = [begin(cell, seed=3)]
        for _ in range(5):
            command = cell.controller.command(seen[-1], np.array([1, 1, -1, 1]), seen[-1].stamp)
            cell.obey(command)
            seen.append(cell.observe())
        return np.stack([tile(state.images) for state in seen])

    first, again = pictures(), pictures()
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[-1]).any()


def test_the_action_that_is_stored_is_the_one_that_was_done(cell: LocalCell) -> None:
    seen, world = begin(cell), cell.world
    assert isinstance(world, MetaWorld)
    for _ in range(12):  # to the wall of the hand's box, and on
        before = world.hand_goal
        command = cell.controller.command(seen, np.array([-3.0, 0.5, 0.0, 9.0]), seen.stamp)
        cell.obey(command)
        seen = cell.observe()
        done = (world.hand_goal - before) / world.step_size
        np.testing.assert_allclose(command.action[:3], done, atol=1e-5)
        assert -1 <= command.action[0] <= 0 and command.action[3] == 1
    np.testing.assert_allclose(np.clip(world.hand_goal, *world.hand_box), world.hand_goal)


def test_up_to_the_wall_of_the_hands_box(cell: LocalCell) -> None:
    seen, world = begin(cell), cell.world
    assert isinstance(world, MetaWorld)
    for _ in range(40):
        command = cell.controller.command(seen, np.array([-1.0, 0.0, 0.0, 0.0]), seen.stamp)
        cell.obey(command)
    assert command.action[0] == 0 and world.hand_goal[0] == world.hand_box[0][0]


@pytest.mark.parametrize("action", [np.full(4, np.nan), np.zeros(3)])
def test_what_is_no_action_holds_the_hand(cell: LocalCell, action: np.ndarray) -> None:
    seen, world = begin(cell), cell.world
    assert isinstance(world, MetaWorld)
    before = world.hand_goal
    command = cell.controller.command(seen, action, seen.stamp)
    cell.obey(command)
    assert command.held and "action" in command.reason
    np.testing.assert_array_equal(world.hand_goal, before)


def test_what_is_drawn_is_lighter_and_the_physics_is_as_it_was() -> None:
    env = make_env("drawer-open")
    model, faces = env.model, env.model.mesh_facenum.copy()
    places = model.mesh_vert.copy()
    drawn = lightened(model, faces=1000)
    np.testing.assert_array_equal(model.mesh_vert, places)
    np.testing.assert_array_equal(model.mesh_facenum, faces)
    assert (drawn.mesh_facenum <= np.minimum(faces, 1000)).all() and faces.max() > 10_000
    for mesh in range(drawn.nmesh):
        used = slice(drawn.mesh_faceadr[mesh], drawn.mesh_faceadr[mesh] + drawn.mesh_facenum[mesh])
        assert drawn.mesh_face[used].min() >= 0
        assert drawn.mesh_face[used].max() < drawn.mesh_vertnum[mesh]
    assert np.linalg.norm(drawn.mesh_normal, axis=1).max() < 1.001
    env.close()


def test_a_step_is_three_frames_of_an_eightieth_of_a_second(cell: LocalCell) -> None:
    seen = begin(cell)
    cell.obey(cell.controller.command(seen, np.zeros(4), seen.stamp))
    assert cell.observe().stamp - seen.stamp == pytest.approx(3 / 80)


def test_an_episode_may_be_longer_than_meta_worlds_own(cell: LocalCell) -> None:
    seen = begin(cell)
    for _ in range(180):
        cell.obey(cell.controller.command(seen, np.zeros(4), seen.stamp))
    assert not cell.world.ground_truth() and cell.world.progress() is None


def test_an_oracle_is_told_the_truth_of_each_picture() -> None:
    ledger = TruthLedger()
    cell = make_cell("close the drawer", ledger)
    world: Any = cell.world
    expert = make_policy("drawer-close")
    try:
        states = [begin(cell)]
        while not world.ground_truth():
            action = expert.get_action(world.privileged_state)
            cell.obey(cell.controller.command(states[-1], action, states[-1].stamp))
            states.append(cell.observe())
    finally:
        world.close()
    truths = [ledger.look_up(tile(state.images)) for state in (states[0], states[-1])]
    assert [truth.success for truth in truths] == [False, True]
    assert truths[0].task == "close the drawer"


def test_an_episode_is_asked_for_in_any_wording_of_the_same_task(cell: LocalCell) -> None:
    try:
        cell.world.ask("Pull the drawer open.")
        assert cell.world.goal.sentence == "pull the drawer open"
        with pytest.raises(
            ValueError, match="'close the drawer' is drawer-close, valid .*drawer-op"
        ):
            cell.world.ask("close the drawer")
        assert cell.world.goal.task == "drawer-open"
    finally:
        cell.world.ask(DRAWER)


def test_the_bench_trains_and_refuses_an_oracle_of_value(tmp_path: Path) -> None:
    from fmac_ros.bench.learning.cells import Cell, Effort
    from fmac_ros.bench.learning.worker import run_cell

    root = save_tiny_priors(tmp_path / "tiny")
    settings = {"seed_steps": 10, "play_horizon": 5, "horizon": 5, "seed_updates": 2}
    effort = Effort(env_steps=20, eval_every=20, eval_episodes=1, settings=settings)

    def run(priors: str) -> dict[str, Any] | None:
        cell = Cell("metaworld", "window-close", "sawyer", "fac", f"{root}+{priors}", 0)
        return run_cell(cell, effort, tmp_path / priors, False, lambda *_: None, lambda: False)

    row = run("oracle-success")
    assert row is not None and row["signal"] == "ground truth"
    assert (row["env_steps"], row["frames"]) == (20, 60)
    with pytest.raises(ValueError, match="metaworld tells no progress of 'close the window'"):
        run("oracle-value")
