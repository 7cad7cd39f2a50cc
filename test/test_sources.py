"""Videos of one's own become the same shards as rendered ones, or the error says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from own_videos import CAMERAS, SENTENCES, frames, write_lerobot, write_table, write_video
from safetensors import safe_open
from synthetic_videos import write_videos

from fmac_ros.cli.main import main
from fmac_ros.priors.pretrain.rendering import render_videos
from fmac_ros.priors.pretrain.settings import PretrainSettings
from fmac_ros.priors.pretrain.sources import held_out_clips, import_videos, open_source
from fmac_ros.priors.pretrain.sources.common import (
    ImportOptions,
    frames_at_period,
    solved_since_last,
)
from fmac_ros.priors.pretrain.sources.decoding import Reel, read_clip
from fmac_ros.priors.pretrain.sources.shards import CLIPS_PER_SHARD
from fmac_ros.priors.pretrain.videos import read_all_pictures, read_table, shard_paths

LEVELS = range(20, 201, 20)  # ten frames


def settings_in(folder: Path, **changes: Any) -> PretrainSettings:
    named = {"videos": "v", "validation": "held_out", "weights": "weights", "work": "work"}
    return PretrainSettings(**{name: folder / path for name, path in named.items()}, **changes)


def bring(folder: Path, settings: PretrainSettings, **options: Any) -> list[str]:
    """Import one folder; what the run said."""
    said: list[str] = []
    import_videos([folder], settings, ImportOptions(**options), said.append)
    return said


def levels(pictures: np.ndarray, channel: int = 0) -> list[int]:
    """Brightness of each picture, to the next ten."""
    return (np.rint(pictures[..., channel].mean((1, 2)) / 10) * 10).astype(int).tolist()


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One red video of ten frames, and a green one of the same length."""
    folder = tmp_path_factory.mktemp("clips")
    write_video(folder / "red.mp4", frames(LEVELS))
    write_video(folder / "green.avi", frames(LEVELS, channel=1))
    return folder


@pytest.fixture
def folder(videos: Path, tmp_path: Path) -> Path:
    """A folder to write a table into."""
    own = tmp_path / "mine"
    own.mkdir()
    for path in videos.iterdir():
        (own / path.name).symlink_to(path)
    return own


def test_frames_are_kept_at_the_period_and_the_last_one_always() -> None:
    assert frames_at_period(10, 30, 0.1).tolist() == [0, 3, 6, 9]
    assert frames_at_period(9, 30, 0.1).tolist() == [2, 5, 8]
    assert frames_at_period(3, 5, 0.1).tolist() == [0, 0, 1, 2, 2]  # slower than asked
    assert frames_at_period(1, 30, 0.1).tolist() == [0]
    solved = np.zeros(10, bool)
    solved[4] = True  # between two kept frames
    assert solved_since_last(solved, np.array([0, 3, 6, 9])).tolist() == [False, False, True, False]


def test_a_demonstration_is_solved_in_its_last_frame(folder: Path, tmp_path: Path) -> None:
    write_table(folder, [{"file_name": "red.mp4", "sentence": " open the drawer "}])
    settings = settings_in(tmp_path)
    bring(folder, settings, held_out=0.0, arm="so101")
    table = read_table(settings.videos)
    assert table.solved.tolist() == [False, False, False, True]
    assert table.steps_to_end.tolist() == [3, 2, 1, 0]
    (info,) = table.infos
    assert (info.sentence, info.arm, info.task, info.kind) == (
        "open the drawer",
        "so101",
        "mine",
        "expert",
    )
    pictures = read_all_pictures(settings.videos)
    assert pictures.shape == (4, 128, 128, 3) and levels(pictures) == [20, 80, 140, 200]


def test_a_row_says_what_its_video_shows(folder: Path, tmp_path: Path) -> None:
    rows = [
        {"success": False},
        {"solved_frame": 5, "kind": "recover", "arm": "ur5e", "task": "drawer"},
        {"kind": "random", "fps": 10},
        {"other_sentences": ["open the door"]},
    ]
    write_table(folder, [{"file_name": "red.mp4", "sentence": "open it", **row} for row in rows])
    settings = settings_in(tmp_path)
    bring(folder, settings, held_out=0.0)
    table = read_table(settings.videos)
    assert [info.kind for info in table.infos] == ["near_miss", "recover", "random", "expert"]
    assert table.steps_to_end[table.video == 0].tolist() == [-1] * 4
    assert table.steps_to_end[table.video == 1].tolist() == [2, 1, 0, 0]  # frames 0 3 6 9
    assert (table.video == 2).sum() == 10 and not table.solved[table.video == 2].any()
    assert (table.infos[1].arm, table.infos[1].task) == ("ur5e", "drawer")
    assert list(table.infos[3].other_sentences) == ["open the door"]


def test_cameras_lie_side_by_side_in_the_asked_order(folder: Path, tmp_path: Path) -> None:
    (folder / "metadata.csv").write_text(
        "sentence,front_file_name,side_file_name,success,other_sentences\n"
        '"open, then close",red.mp4,green.avi,yes,\n'
        "close it,red.mp4,green.avi,,open it; push it\n"
    )
    settings = settings_in(tmp_path)
    bring(folder, settings, held_out=0.0, cameras=("side", "front"))
    pictures = read_all_pictures(settings.videos)
    assert pictures.shape == (8, 128, 256, 3)
    assert levels(pictures[:4, :, :128], channel=1) == [20, 80, 140, 200]
    assert levels(pictures[:4, :, 128:], channel=0) == [20, 80, 140, 200]
    infos = read_table(settings.videos).infos
    assert infos[0].sentence == "open, then close"
    assert list(infos[1].other_sentences) == ["open it", "push it"]


def test_pictures_are_cropped_to_their_centre(tmp_path: Path) -> None:
    wide = np.zeros((96, 192, 3), np.uint8)
    wide[:, 48:144, 2] = 200
    pictures = read_clip(write_video(tmp_path / "wide.webm", [wide] * 4), 64)
    assert pictures.shape == (4, 64, 64, 3)
    assert abs(pictures[..., 2].astype(int) - 200).max() < 25


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(f, cv2.COLOR_RGB2BGR) for f in frames(LEVELS)]
    animation.durations = np.full(len(LEVELS), 100)
    assert cv2.imwriteanimation(str(tmp_path / "a.gif"), animation)
    write_table(tmp_path / "gif", [{"file_name": "../a.gif", "sentence": "open it"}])
    settings = settings_in(tmp_path)
    bring(tmp_path / "gif", settings, held_out=0.0)
    assert levels(read_all_pictures(settings.videos)) == list(LEVELS)


def test_what_opencv_cannot_decode_pyav_can(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra 'lerobot' is not installed")
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libsvtav1", rate=10, width=128, height=96)
        stream.pix_fmt = "yuv420p"
        for picture in frames(LEVELS):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    assert levels(read_clip(tmp_path / "a.mp4", 64)) == list(LEVELS)


def test_a_second_start_keeps_finished_shards(folder: Path, tmp_path: Path) -> None:
    row = {"file_name": "red.mp4", "sentence": "open the drawer"}
    write_table(folder, [row] * (CLIPS_PER_SHARD + 2))
    settings = settings_in(tmp_path)
    said = bring(folder, settings)
    assert any("1 of 1 held-out shards" in line for line in said)
    first = shard_paths(settings.videos)[0]
    assert len(read_table(settings.videos).infos) == CLIPS_PER_SHARD - 1
    assert len(read_table(settings.validation).infos) == 3
    with safe_open(first, "np") as shard:
        source = json.loads(shard.metadata()["source"])
    assert source["name"] == "mine" and str(tmp_path) not in json.dumps(source)
    first.unlink()
    kept = shard_paths(settings.validation)[0].stat().st_mtime_ns
    said = bring(folder, settings)
    assert any("1 of 1 training shards" in line for line in said) and first.is_file()
    assert shard_paths(settings.validation)[0].stat().st_mtime_ns == kept
    with pytest.raises(ValueError, match="with other options: delete the shards"):
        bring(folder, settings, seconds_per_frame=0.2)


def test_nothing_is_rendered_beside_imported_videos(folder: Path, tmp_path: Path) -> None:
    write_table(folder, [{"file_name": "red.mp4", "sentence": "open it"}] * 3)
    settings, said = settings_in(tmp_path), []
    bring(folder, settings)
    render_videos(settings, said.append)
    assert len(said) == 2 and all("none are rendered" in line for line in said)


def test_imported_videos_join_those_that_are_there(folder: Path, tmp_path: Path) -> None:
    row = {"a_file_name": "red.mp4", "b_file_name": "green.avi", "sentence": "open it"}
    write_table(folder, [row])
    settings = settings_in(tmp_path)
    write_videos(settings.videos, shards=1, videos=2, seed=0)
    with pytest.raises(ValueError, match=r"128x128 \(1 cameras: b\), .* of 128x256: choose 2"):
        bring(folder, settings, cameras=("b",))
    bring(folder, settings, held_out=0.0)
    assert [info.arm for info in read_table(settings.videos).infos] == ["square"] * 2 + ["unknown"]


def test_a_run_that_has_learned_takes_no_other_videos(folder: Path, tmp_path: Path) -> None:
    write_table(folder, [{"file_name": "red.mp4", "sentence": "open it"}])
    settings = settings_in(tmp_path)
    (settings.work / "done").mkdir(parents=True)
    (settings.work / "done" / "autoencoder").touch()
    with pytest.raises(ValueError, match="choose another --work"):
        bring(folder, settings)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"file_name": "none.mp4"}, "row 2: no file 'none.mp4'"),
        ({"sentence": "  "}, "row 2: the task sentence is empty"),
        ({"sentence": 3}, "row 2: sentence is 3, valid: a text"),
        ({"kind": "good"}, "row 2: kind is 'good', valid: expert"),
        ({"success": "maybe"}, "row 2: success is 'maybe', valid: true, false"),
        ({"solved_frame": -1}, "row 2: solved_frame is -1, valid: a frame"),
        ({"solved_frame": 10}, r"row 2: solved_frame is 10, valid: 0\.\.9 of red.mp4"),
        ({"solved_frame": 3, "success": False}, "though success is false"),
        ({"fps": 0}, "row 2: fps is 0, valid: frames per second"),
        ({"sucess": True}, "row 2: unknown column 'sucess', valid: sentence, file_name"),
        ({"other_sentences": 1}, "other_sentences is 1, valid: a list"),
        ({"file_name": "text.mp4"}, "row 2: text.mp4 has no frame that can be decoded"),
        ({"file_name": "cut.avi"}, r"row 2: cut.avi ends after \d of 10 frames: it is damaged"),
    ],
)
def test_a_wrong_row_is_named(
    folder: Path, tmp_path: Path, row: dict[str, object], complaint: str
) -> None:
    (folder / "text.mp4").write_text("not a video")
    whole = (folder / "green.avi").read_bytes()
    (folder / "cut.avi").write_bytes(whole[: len(whole) * 3 // 4])
    good = {"file_name": "red.mp4", "sentence": "open the drawer"}
    write_table(folder, [good, {**good, **row}])
    with pytest.raises((ValueError, FileNotFoundError), match=complaint):
        bring(folder, settings_in(tmp_path), held_out=0.0)


def test_wrong_folders_and_options_are_explained(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        open_source(tmp_path / "none", ImportOptions())
    with pytest.raises(ValueError, match="neither a folder of videos, .*sentences.jsonl"):
        open_source(folder, ImportOptions())
    write_table(folder, [{"file_name": "red.mp4", "sentence": "open it"}])
    with pytest.raises(ValueError, match="has no camera 'wrist', valid: camera"):
        open_source(folder, ImportOptions(cameras=("wrist",)))
    for wrong in ({"seconds_per_frame": 0}, {"held_out": 1.5}, {"cameras": ("a", "a")}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} "):
            ImportOptions(**wrong)


def test_both_sides_get_a_clip() -> None:
    assert held_out_clips(20, 0.1).sum() == 2 and held_out_clips(3, 0.1).sum() == 1
    assert held_out_clips(2, 0.9).sum() == 1 and not held_out_clips(5, 0).any()
    assert held_out_clips(5, 1).all()


def test_the_command_imports(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(folder, [{"file_name": "red.mp4", "sentence": "open it"}] * 2)
    command = ["pretrain", "--import", str(folder), "--stage", "videos", "--held-out", "0.5"]
    paths = ["--work", str(tmp_path / "w"), "--weights", str(tmp_path / "weights")]
    assert main([*command, *paths, "--seconds-per-frame", "0.0333333"]) == 0
    assert "mine (files): 1 held-out videos" in capsys.readouterr().out
    assert len(read_table(tmp_path / "w" / "videos")) == 10
    assert main([*command, *paths, "--cameras", "x,y"]) == 1
    assert "no camera 'x'" in capsys.readouterr().err


LENGTHS = (10, 20, 7)


def test_a_lerobot_dataset_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
    source = open_source(write_lerobot(tmp_path / "so101", LENGTHS), ImportOptions())
    assert source.cameras == CAMERAS  # no depth map
    sentences = [clip.info.sentence for clip in source.clips]
    assert sentences == [SENTENCES[0], SENTENCES[0], SENTENCES[1], SENTENCES[0]]
    assert {clip.info.arm for clip in source.clips} == {"so101"}
    pictures, solved = source.clips[2].read()  # second half of episode 1: frames 10 to 19
    assert pictures.shape == (4, 128, 256, 3) and solved.tolist() == [False] * 3 + [True]
    shown = [50 + 6 * frame for frame in (10, 13, 16, 19)]
    front, wrist = pictures[:, :, :128, 0].mean((1, 2)), pictures[:, :, 128:, 1].mean((1, 2))
    np.testing.assert_allclose(front, shown, atol=4)  # a frame off would be 6
    np.testing.assert_allclose(wrist, shown, atol=4)
    settings = settings_in(tmp_path)
    bring(tmp_path / "so101", settings, cameras=CAMERAS[:1], held_out=0.25)
    assert read_all_pictures(settings.videos).shape[1:] == (128, 128, 3)
    assert len(read_table(settings.validation).infos) == 1


def test_recorded_success_decides_what_is_solved(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
    success = [[False] * 8 + [True] * 2, [False] * 20, [False] * 6 + [True]]
    folder = write_lerobot(tmp_path / "d", LENGTHS, success, index_name="__index_level_0__")
    source = open_source(folder, ImportOptions(seconds_per_frame=1 / 30))
    kinds = [clip.info.kind for clip in source.clips]
    assert kinds == ["expert", "near_miss", "near_miss", "expert"]
    solved = [clip.read()[1] for clip in source.clips]
    assert np.flatnonzero(solved[0]).tolist() == [9]  # the frame after the action
    assert not solved[1].any() and np.flatnonzero(solved[3]).tolist() == [6]


def test_pictures_in_the_table_are_read(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
    from pyarrow import parquet

    folder = write_lerobot(tmp_path / "d", LENGTHS)
    data, info = folder / "data/chunk-000/file-000.parquet", folder / "meta/info.json"
    shown = [i for n in LENGTHS for i in range(n)]
    encoded = [cv2.imencode(".png", f)[1].tobytes() for f in frames([10 * i for i in shown])]
    images = pa.array([{"bytes": image, "path": f"{i}.png"} for i, image in enumerate(encoded)])
    parquet.write_table(parquet.read_table(data).append_column("top", images), data)
    facts = json.loads(info.read_text())
    facts["features"]["top"] = {"dtype": "image", "shape": [96, 128, 3]}
    info.write_text(json.dumps(facts))
    source = open_source(folder, ImportOptions(cameras=("top",), seconds_per_frame=1 / 30))
    pictures, _ = source.clips[2].read()
    assert levels(pictures, channel=2) == [10 * i for i in range(10, 20)]  # OpenCV writes BGR


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("meta/info.json", "{}", "is not that of a LeRobotDataset: KeyError"),
        ("meta/info.json", None, "codebase_version is 'v2.1', valid: v3.x"),
        ("meta/tasks.parquet", "x", "tasks.parquet is no Parquet file"),
        ("data/chunk-000/file-000.parquet", None, "no file .*file-000.parquet"),
        (f"videos/{CAMERAS[1]}/chunk-000/file-000.mp4", None, "episode 0: no file videos/.*wrist"),
    ],
)
def test_a_damaged_lerobot_dataset_is_explained(
    tmp_path: Path, file: str, content: str | None, complaint: str
) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'lerobot' is not installed")
    path = write_lerobot(tmp_path / "d", LENGTHS) / file
    if content is not None:
        path.write_text(content)
    elif path.suffix == ".json":
        path.write_text(path.read_text().replace("v3.0", "v2.1"))
    else:
        path.unlink()
    with pytest.raises((ValueError, FileNotFoundError), match=complaint):
        open_source(tmp_path / "d", ImportOptions())


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "info.json").write_text(
        json.dumps(
            {
                "codebase_version": "v3.0",
                "fps": 30,
                "features": {"observation.image": {"dtype": "video"}},
                "data_path": "",
            }
        )
    )
    with pytest.raises(ValueError, match="needs pyarrow: pip install pyarrow av"):
        open_source(tmp_path, ImportOptions())


def test_a_reel_goes_on_and_back(videos: Path) -> None:
    reel = Reel()
    path = videos / "red.mp4"
    assert levels(reel.read(path, 2, 3, 64)) == [60, 80, 100]
    assert levels(reel.read(path, 7, 2, 64)) == [160, 180]
    assert levels(reel.read(path, 0, 1, 64)) == [20]
    with pytest.raises(ValueError, match=r"red.mp4 ends at frame 10, needed: frames 8\.\.12"):
        reel.read(path, 8, 5, 64)
    assert levels(reel.read(path, 9, 1, 64)) == [200]
