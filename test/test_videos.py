"""Rendered videos repeat with their seed and say what happens in them."""

import dataclasses
import json

import numpy as np
import pytest
from safetensors import safe_open
from synthetic_videos import write_videos

from fmac_ros.priors.pretrain.rendering import render_videos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.sim.videos import VideoRenderer, render_shard, steps_to_end


def test_steps_to_end_counts_down_to_the_first_solved_frame():
    solved = np.array([0, 0, 0, 1, 1], bool)
    assert steps_to_end(solved).tolist() == [3, 2, 1, 0, 0]
    assert steps_to_end(np.zeros(2, bool)).tolist() == [-1, -1]


def test_the_same_seed_renders_the_same_video():
    def rendered():
        renderer = VideoRenderer("kuka")
        video = renderer.video("reach", 5)
        renderer.close()
        return video

    first, again = rendered(), rendered()
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


def test_a_shard_holds_frames_annotation_and_no_actions(tmp_path):
    path = tmp_path / "shard.safetensors"
    frames = render_shard(path, "panda", ("press_button", "reach"), range(4))
    with safe_open(path, "np") as shard:
        assert set(shard.keys()) == {"pictures", "video", "frame", "solved", "steps_to_end"}
        videos = json.loads(shard.metadata()["videos"])
        assert shard.get_tensor("pictures").shape == (frames, 128, 256, 3)
        assert shard.get_tensor("video").max() == len(videos) - 1
    assert [video["task"] for video in videos] == ["press_button", "reach"] * 2
    assert all(video["sentence"] not in video["other_sentences"] for video in videos)


def test_videos_of_an_arm_left_out_are_refused(tmp_path):
    videos, others = tmp_path / "videos", tmp_path / "others"
    write_videos(videos, shards=1, videos=1, seed=0)
    settings = PretrainSettings(videos, others, tmp_path / "w", tmp_path, arms=("panda",))
    with pytest.raises(ValueError, match="holds videos of square, valid for this run: panda"):
        render_videos(dataclasses.replace(settings, validation=videos), lambda line: None)
    with pytest.raises(ValueError, match=r"arms are \['square'\], valid: some of panda"):
        dataclasses.replace(settings, arms=("square",))
