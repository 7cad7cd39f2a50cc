"""Reading videos, choosing rows, and the numbers that judge a prior."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from synthetic_videos import LENGTH, sentence, write_videos

from fmac_ros.picture import shrink
from fmac_ros.priors.pretrain.augment import jitter
from fmac_ros.priors.pretrain.autoencoder import reference_rows
from fmac_ros.priors.pretrain.frames import Frames, map_pictures, shrunk_pictures
from fmac_ros.priors.pretrain.latents import look_at
from fmac_ros.priors.pretrain.metrics import (
    area_under_curve,
    precision_recall,
    rank_correlation,
    threshold_at,
)
from fmac_ros.priors.pretrain.picture_videos import PictureVideos
from fmac_ros.priors.pretrain.sentences import Sentences
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.success import success_groups
from fmac_ros.priors.pretrain.value import (
    EXCHANGED_SHARE,
    EXCHANGED_STEPS,
    VALUE_HORIZON,
    value_loss,
    value_targets,
)
from fmac_ros.priors.pretrain.videos import VideoInfo, VideoTable, read_all_pictures, read_table
from fmac_ros.priors.pretrain.windows import LAST_FRAMES, future_rows, progress_rows, window_rows
from fmac_ros.shifting import SHIFT, shifted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_videos(tmp_path_factory.mktemp("videos"), shards=2, videos=20, seed=0)


@pytest.fixture(scope="module")
def table(folder: Path) -> VideoTable:
    return read_table(folder)


def test_shards_are_joined_in_order(folder: Path, table: VideoTable) -> None:
    assert len(table) == 2 * 20 * LENGTH == len(read_all_pictures(folder))
    assert len(table.infos) == 40 and table.video.max() == 39
    np.testing.assert_array_equal(table.first, np.arange(40).repeat(LENGTH) * LENGTH)
    np.testing.assert_array_equal(table.last, table.first + LENGTH - 1)
    assert table.infos[25].seed == 25


def test_mapped_pictures_are_those_of_the_shards(folder: Path, table: VideoTable) -> None:
    mapped, pictures = map_pictures(folder), read_all_pictures(folder)
    assert mapped.shape == pictures.shape
    rows = np.array([[len(table) - 1, 0], [LENGTH * 20, LENGTH * 20 - 1]])  # of both shards
    np.testing.assert_array_equal(mapped.take(rows).numpy(), pictures[rows])
    assert not mapped.hold("cpu")


def test_frames_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(2, 2, 3\), uint8 \(4, 4, 3\), valid: one form"):
        Frames([np.zeros((1, 2, 2, 3), np.uint8), np.zeros((1, 4, 4, 3), np.uint8)])


def test_a_tensor_that_is_no_picture_is_not_mapped(tmp_path: Path) -> None:
    save_file({"pictures": np.zeros((1, 2, 2, 3))}, tmp_path / "shard_0.safetensors")
    with pytest.raises(ValueError, match="pictures of type F64, valid: U8"):
        map_pictures(tmp_path)


def test_each_camera_is_moved_by_itself_and_stays_in_its_part() -> None:
    columns = torch.arange(64, dtype=torch.uint8).expand(50, 32, 64)
    rows = torch.arange(32, dtype=torch.uint8)[:, None].expand(50, 32, 64)
    torch.manual_seed(0)
    moved = shifted(torch.stack([columns, rows, rows], dim=-1)).long()
    left, right = moved[:, 16, 16], moved[:, 16, 48]  # in the middle of each camera's part
    most = round(SHIFT * 32)
    offsets = torch.stack([left[:, 0] - 16, left[:, 1] - 16, right[:, 0] - 48, right[:, 1] - 16])
    assert set(offsets.flatten().tolist()) == set(range(-most, most + 1))
    assert (offsets[0] != offsets[2]).any() and (offsets[1] != offsets[3]).any()
    assert moved[:, :, :32, 0].max() == 31 and moved[:, :, 32:, 0].min() == 32


def test_a_shuffled_shard_is_refused(folder: Path, tmp_path: Path) -> None:
    columns = load_file(folder / "shard_00000.safetensors")
    columns["frame"] = columns["frame"][::-1].copy()
    infos = json.dumps([vars(info) for info in read_table(folder).infos[:20]])
    save_file(columns, tmp_path / "shard_0.safetensors", metadata={"videos": infos})
    with pytest.raises(ValueError, match="row 1 is out of order"):
        read_table(tmp_path)


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no shard_"):
        read_table(tmp_path)
    save_file({"video": np.zeros(1)}, tmp_path / "shard_0.safetensors")
    with pytest.raises(ValueError, match="no 'videos' in its metadata"):
        read_table(tmp_path)


def test_a_video_stays_at_its_last_frame(table: VideoTable) -> None:
    ahead = future_rows(table, np.array([0, LENGTH - 2]), frames=3)
    np.testing.assert_array_equal(ahead, [[1, 2, 3], [LENGTH - 1] * 3])


def test_windows_show_the_task_being_solved(table: VideoTable) -> None:
    rows = window_rows(table)
    assert set(table.kind[rows]) == {"expert"}
    assert (table.steps_to_end[rows] >= 0).all()


def test_windows_of_the_video_prior_are_where_the_task_gets_on(table: VideoTable) -> None:
    kinds = ["recover" if info.kind == "expert" else info.kind for info in table.infos]
    infos = [dataclasses.replace(i, kind=k) for i, k in zip(table.infos, kinds, strict=True)]
    wandering = dataclasses.replace(table, infos=tuple(infos))
    flat = progress_rows(wandering, np.zeros(len(table)), np.random.default_rng(0))
    assert (table.steps_to_end[flat] <= LAST_FRAMES).all()
    rising = progress_rows(wandering, table.frame / LENGTH, np.random.default_rng(0))
    assert (table.steps_to_end[rising] > LAST_FRAMES).any()
    expert = progress_rows(table, np.zeros(len(table)), np.random.default_rng(0))
    assert (table.steps_to_end[expert] > LAST_FRAMES).any()


def test_reference_is_the_far_end_of_the_video(table: VideoTable) -> None:
    rows = np.array([0, LENGTH - 1, LENGTH + 1])
    np.testing.assert_array_equal(reference_rows(table, rows), [LENGTH - 1, 0, 2 * LENGTH - 1])


def test_success_groups_divide_the_frames(table: VideoTable) -> None:
    rows = np.concatenate([rows for rows, _ in success_groups(table)])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(table)))


def test_values_fall_with_the_distance_to_the_end() -> None:
    np.testing.assert_allclose(value_targets(np.array([0, 15, 30, 99])), [1, 0.5, 0, 0])


class Words:
    """Sentences as hashable stand-in vectors."""

    def encode(self, text: str) -> np.ndarray:
        return np.array([len(text), sum(text.encode())], dtype=np.float32)


def test_the_other_sentence_names_the_other_thing(table: VideoTable) -> None:
    sentences = Sentences(table, Words())
    videos = np.arange(6)
    assert sentences.has_other(videos).all()
    others = sentences.other(videos, np.random.default_rng(0))
    for video, own, other in zip(videos, sentences.of(videos), others, strict=True):
        red = table.infos[video].sentence == sentence("red")
        np.testing.assert_array_equal(other, Words().encode(sentence("blue" if red else "red")))
        assert not np.array_equal(own, other)


def test_jitter_is_one_small_change_for_the_whole_video() -> None:
    pictures = np.full((3, 4, 4, 3), 120, np.uint8)
    changed = jitter(pictures, np.random.default_rng(1))
    assert changed.shape == pictures.shape and changed.dtype == np.uint8
    assert (changed == changed[:1, :1, :1]).all()
    assert 0 < np.abs(changed.astype(int) - 120).max() < 60


def test_area_under_curve_counts_ordered_pairs() -> None:
    rng = np.random.default_rng(0)
    scores, positive = rng.integers(0, 8, 50).astype(float), rng.random(50) < 0.4
    pairs = scores[positive][:, None] - scores[~positive][None]
    expected = (np.sign(pairs) + 1).mean() / 2
    assert area_under_curve(scores, positive) == pytest.approx(expected)
    assert np.isnan(area_under_curve(scores, np.zeros(50, bool)))


def test_threshold_lets_the_asked_share_through() -> None:
    scores = np.random.default_rng(0).random(1000).astype(np.float32)
    assert (scores >= threshold_at(scores, 0.01)).sum() == 10
    equal = np.full(10, 0.3, np.float32)
    assert not (equal >= threshold_at(equal, 0.01)).any()
    with pytest.raises(ValueError, match="no negatives"):
        threshold_at(scores[:0], 0.01)


def test_precision_recall_and_rank_correlation() -> None:
    scores, positive = np.array([0.9, 0.8, 0.2, 0.1]), np.array([True, False, True, False])
    assert precision_recall(scores, positive, 0.5) == (0.5, 0.5)
    assert np.isnan(precision_recall(scores, positive, 2.0)[0])
    assert rank_correlation(scores, np.exp(scores)) == pytest.approx(1)
    assert rank_correlation(scores, -scores) == pytest.approx(-1)
    assert np.isnan(rank_correlation(scores, np.ones(4)))


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="effort is 0"):
        PretrainSettings(tmp_path, tmp_path, tmp_path, tmp_path, effort=0)
    with pytest.raises(ValueError, match="minutes is -1"):
        PretrainSettings(tmp_path, tmp_path, tmp_path, tmp_path, minutes=-1)
    with pytest.raises(ValueError, match="picture_size is 40, valid: 16 or a multiple"):
        PretrainSettings(tmp_path, tmp_path, tmp_path, tmp_path, picture_size=40)


def test_heads_may_look_at_smaller_pictures_than_the_stored(folder: Path) -> None:
    stored = map_pictures(folder)
    size = stored.shape[1]
    smaller = shrunk_pictures(folder, size // 2)
    assert smaller.shape == (stored.shape[0], size // 2, stored.shape[2] // 2, 3)
    rows = np.array([5, 0])
    wanted = shrink(stored.take(rows).numpy(), smaller.shape[1:3])
    assert np.array_equal(smaller.take(rows).numpy(), wanted)
    with pytest.raises(ValueError, match="whole multiple"):
        shrunk_pictures(folder, size - 1)


class OneHot:
    """A text encoder of two sentences."""

    def encode(self, sentence: str) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[int("blue" in sentence)]


def test_the_value_of_a_solved_frame_is_low_for_another_thing(table: VideoTable) -> None:
    marks = np.where(table.solved, 255, 0).astype(np.uint8)  # a white picture says solved
    pictures = Frames([marks[:, None, None, None].repeat(3, -1)])
    videos = PictureVideos(table, pictures, Sentences(table, OneHot()))
    loss = value_loss(videos, 64)

    def drawn(model: torch.nn.Module) -> float:
        torch.manual_seed(0)
        return float(loss(model, np.random.default_rng(0)))

    others = videos.sentences.has_other(table.video)
    assert others.all()
    assert drawn(Blind()) > drawn(Bounded())


class Blind(torch.nn.Module):
    """Says solved where the picture does, whatever is asked."""

    def forward(self, pictures: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
        return 6 * pictures.mean((1, 2, 3))


class Bounded(Blind):
    """The same, but low enough where another thing is asked for."""

    def forward(self, latents: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
        return super().forward(latents, sentences).minimum(_bound(sentences))


def _bound(sentences: torch.Tensor) -> torch.Tensor:
    """Logits of a value four steps from the end for the rows asked about another thing."""
    exchanged = torch.arange(len(sentences)) >= len(sentences) - round(EXCHANGED_SHARE * 64)
    low = torch.logit(torch.tensor(1 - EXCHANGED_STEPS / VALUE_HORIZON))
    return torch.where(exchanged, low, torch.tensor(100.0))


def test_another_look_moves_and_lights_a_whole_video_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    still = rng.integers(60, 190, (2, 1, 64, 128, 3), np.uint8).repeat(3, axis=1)  # two videos
    shard = tmp_path / "shard_00000.safetensors"
    columns = {"frame": [0, 1, 2] * 2, "video": [0] * 3 + [1] * 3, "solved": [0] * 6}
    tensors = {name: np.array(column, np.int32) for name, column in columns.items()}
    tensors |= {"pictures": still.reshape(-1, 64, 128, 3), "steps_to_end": tensors["solved"] - 1}
    infos = [VideoInfo(sentence("red"), "panda", "press_button", "random", n) for n in range(2)]
    save_file(tensors, shard, {"videos": json.dumps([dataclasses.asdict(i) for i in infos])})

    np.testing.assert_array_equal(look_at(shard, 0), tensors["pictures"])
    seen = look_at(shard, 1)
    np.testing.assert_array_equal(seen, look_at(shard, 1))
    videos = seen.reshape(still.shape)
    for video in videos:
        np.testing.assert_array_equal(video, video[:1].repeat(3, axis=0))
    changed = np.abs(videos.astype(int) - still).mean((1, 2, 3, 4))
    assert (changed > 10).all()  # noise of 37 levels that was moved
    assert (seen != look_at(shard, 2)).any()
