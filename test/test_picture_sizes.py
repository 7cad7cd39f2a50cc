"""Priors that work at pictures of different sizes, in one set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_priors import save_tiny_head, save_tiny_priors

from fmac_ros.bench.learning.gym_world import PixelSight
from fmac_ros.control.controller import ArmController
from fmac_ros.learning.record import Record
from fmac_ros.picture import resize, shrink, tile
from fmac_ros.priors.local import LocalPriors
from fmac_ros.priors.oracle.truth import TruthLedger
from fmac_ros.priors.registry import Priors, load_priors
from fmac_ros.priors.serving.warming import warm_up
from fmac_ros.report import frames
from fmac_ros.robots import load_robot
from fmac_ros.sim.local_robot import LocalRobot
from fmac_ros.sim.world import World
from fmac_ros.trust.calibration import ThresholdOptions
from fmac_ros.types import Episode, Observation, RolloutSpec

TASK = "press the red button"
FINE = (128, 256)


def save_fine_priors(folder: Path, size: tuple[int, int] = FINE) -> Path:
    """Tiny priors whose value and success look at pictures of ``size``, latents at half of it."""
    save_tiny_priors(folder)
    for part in ("value", "success"):
        save_tiny_head(folder / part, size)
    return folder


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Priors:
    return load_priors(save_fine_priors(tmp_path_factory.mktemp("fine")))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, *FINE, 3), np.uint8)


def rolled_out(priors: Priors, ledger: TruthLedger | None = None) -> Episode:
    robot = load_robot("panda")
    world = World(robot, TASK)
    try:
        local = LocalRobot(world, ArmController(robot), LocalPriors(priors), ledger=ledger)
        return local.rollout(RolloutSpec("e", TASK, "random", horizon=2, seed=0))
    finally:
        world.close()


def test_pictures_are_taken_at_the_size_of_the_finest_prior(
    fine: Priors, pictures: np.ndarray
) -> None:
    assert fine.picture_size == fine.value.picture_size == fine.success.picture_size == FINE
    assert fine.encoder.picture_size == fine.video.picture_size == (64, 128)
    warm_up(fine)
    small = shrink(pictures, (64, 128))
    np.testing.assert_array_equal(fine.encoder.encode(pictures), fine.encoder.encode(small))
    np.testing.assert_array_equal(
        fine.video.imagine(pictures, TASK, (1,), 0), fine.video.imagine(small, TASK, (1,), 0)
    )
    twice = pictures.repeat(2, axis=1).repeat(2, axis=2)
    for ask in (fine.value.values, fine.success.scores):
        np.testing.assert_allclose(ask(twice, TASK), ask(pictures, TASK), rtol=1e-5)
        with pytest.raises(ValueError, match=r"64, 128.*\(n, 128, 256, 3\).*state_node.image_size"):
            ask(small, TASK)


def test_sizes_without_a_common_multiple_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="encoder 64x128, value 96x192, success 96x192"):
        load_priors(save_fine_priors(tmp_path, (96, 192)))


def test_the_shipped_priors_answer_about_larger_pictures_as_about_those_made_small() -> None:
    priors = load_priors(thresholds=ThresholdOptions(rate=0.0))
    cameras = np.random.default_rng(1).integers(0, 256, (3, 2, 256, 256, 3), np.uint8)
    taken = np.stack([tile(list(images)) for images in cameras])
    fine = np.stack([tile([resize(image, 128) for image in images]) for images in cameras])
    small = shrink(fine, (64, 128))
    assert priors.picture_size == (128, 256)
    for ask in (priors.value.values, priors.success.scores):
        np.testing.assert_array_equal(ask(taken, TASK), ask(fine, TASK))
    np.testing.assert_array_equal(
        priors.video.imagine(fine, TASK, (2,), 0), priors.video.imagine(small, TASK, (2,), 0)
    )


def test_the_local_robot_takes_fine_pictures(fine: Priors, tmp_path: Path) -> None:
    episode = rolled_out(fine)
    assert episode.pictures.shape == (episode.steps + 1, *FINE, 3)
    labels = LocalPriors(fine).label(episode)
    record = Record(episode, labels, fine.encoder.encode(episode.pictures))
    frames.draw(record, fine.encoder, 2, tmp_path / "frames.png")
    assert (tmp_path / "frames.png").stat().st_size


def test_an_oracle_knows_the_pictures_that_others_shrink(tmp_path: Path) -> None:
    root = save_fine_priors(tmp_path / "fine")
    vote = "{backend: mean, members: [{backend: oracle}, {backend: embedded}]}"
    spec = tmp_path / "priors.yaml"
    spec.write_text(f"root: {root}\nsuccess: {{backend: oracle}}\nvalue: {vote}\n")
    ledger = TruthLedger(has_progress=True)
    priors = load_priors(spec, truth=ledger)
    episode = rolled_out(priors, ledger)
    assert priors.picture_size == priors.value.picture_size == FINE
    assert len(LocalPriors(priors).label(episode).values) == episode.steps + 1


def test_a_student_on_latents_learns_from_a_teacher_on_fine_pictures(
    tmp_path: Path, pictures: np.ndarray
) -> None:
    root, spec = save_fine_priors(tmp_path / "fine"), tmp_path / "priors.yaml"
    distilled = "{backend: distilled, teacher: {backend: embedded}}"
    spec.write_text(f"root: {root}\nsuccess: {distilled}\n")
    priors = load_priors(spec)
    try:
        assert priors.success.picture_size == FINE
        taught, plain = priors.success.scores(pictures, TASK), load_priors(root).success
        np.testing.assert_allclose(taught, plain.scores(pictures, TASK), atol=1e-5)
    finally:
        priors.close()


def test_cameras_must_have_the_pixels(tmp_path: Path, fine: Priors) -> None:
    robot = load_robot("panda")
    world = World(robot, TASK, image_size=64)
    try:
        with pytest.raises(ValueError, match="cameras have 64 pixels, valid: 128 or more"):
            LocalRobot(world, ArmController(robot), LocalPriors(fine))
    finally:
        world.close()


def test_an_algorithm_on_pixels_sees_small_ones() -> None:
    images = tuple(np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), np.uint8))
    joints = np.zeros(7)
    observation = Observation(0.0, ("front", "side"), images, joints, joints)
    shown = PixelSight(2, 64).show(observation, joints)
    assert shown.shape == (6, 64, 64)
    np.testing.assert_array_equal(shown[:3].transpose(1, 2, 0), resize(images[0], 64))
