"""Cameras without ROS: sources, calibration, compressed pictures, camera files, reconnects."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_files import MjpegServer, picture, write_calibration, write_video
from PIL import Image

from fmac_ros.cameras import compressed
from fmac_ros.cameras.calibration import load_calibration
from fmac_ros.cameras.config import load_cameras
from fmac_ros.cameras.frozen import FrozenWatch
from fmac_ros.cameras.grabber import ENDED, LOST, RUNNING, Grabber
from fmac_ros.cameras.source import Source
from fmac_ros.graph import describe

needs_ffmpeg = pytest.mark.skipif(
    "FFMPEG:                      YES" not in cv2.getBuildInformation(),
    reason="this OpenCV reads no streams: built without FFmpeg",
)


@pytest.fixture
def grab():
    made = []

    def start(source: Source, on_frame: Callable[[], object] = lambda: None) -> Grabber:
        made.append(Grabber(source, time.time_ns, on_frame, (0.05, 0.1)))
        return made[-1]

    yield start
    for grabber in made:
        grabber.close()


def reached(done: Callable[[], object], timeout: float = 15.0) -> bool:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.01)
    return False


def test_a_video_is_read_in_order_to_its_end(grab, tmp_path: Path) -> None:
    taken = []
    grabber = grab(
        Source(str(write_video(tmp_path / "a.avi"))), lambda: taken.append(grabber.take())
    )
    assert reached(lambda: grabber.status().state == ENDED)
    means = [frame.picture.mean() for frame in taken if frame]
    assert means == sorted(means) and len(means) > 15
    stamps = [frame.stamp for frame in taken if frame]
    assert stamps == sorted(set(stamps))


def test_what_nobody_takes_is_dropped_and_the_newest_is_kept(grab, tmp_path: Path) -> None:
    grabber = grab(Source(str(write_video(tmp_path / "a.avi"))))
    assert reached(lambda: grabber.status().state == ENDED)
    assert grabber.status().dropped == 19
    assert grabber.take().picture.mean() == pytest.approx(190, abs=3)
    assert grabber.take() is None


def test_a_file_that_is_moved_away_is_lost_and_found_again(grab, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", frames=5)
    grabber = grab(Source(str(path), loop=True))
    assert reached(lambda: grabber.status().state == RUNNING)
    path.rename(tmp_path / "b.avi")
    assert reached(lambda: grabber.status().state == LOST)
    grabber.take()
    (tmp_path / "b.avi").rename(path)
    assert reached(grabber.take)
    assert grabber.status().reconnects == 1


@needs_ffmpeg
def test_a_stream_comes_back_when_its_server_does(grab) -> None:
    server = MjpegServer()
    grabber = grab(Source(server.url))
    assert reached(grabber.take)
    server.close()
    assert reached(lambda: grabber.status().state == LOST)
    grabber.take()
    server = MjpegServer(server.port)
    assert reached(grabber.take)
    assert grabber.status().reconnects == 1
    server.close()


def test_a_source_is_checked_and_its_password_not_shown() -> None:
    with pytest.raises(ValueError, match="source is 'ftp://h/v', valid: "):
        Source("ftp://me:secret@h/v")
    assert Source("rtsp://me:secret@h/v").shown == "rtsp://h/v"
    assert [Source(a).kind for a in ("0", "/dev/video1", "http://h", "a.avi")] == [
        *("device", "device", "stream", "file")
    ]


def test_calibration_is_read(tmp_path: Path) -> None:
    read = load_calibration(write_calibration(tmp_path / "c.yaml"))
    assert (read.width, read.height, read.matrix[1, 1]) == (64, 48, 61.0)
    assert read.projection.shape == (3, 4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"image_width": None}, "image_width is missing"),
        ({"image_height": "big"}, "image_height is 'big'"),
        ({"camera_matrix": {"data": [1.0] * 8}}, "camera_matrix holds 8 numbers, valid: 9"),
        ({"camera_matrix": {"data": [0.0] * 9}}, "camera_matrix needs positive focal"),
        ({"camera_matrix": [1, 2]}, "camera_matrix is .* valid: a table"),
        ({"projection_matrix": {"data": [float("nan")] * 12}}, "projection_matrix .* finite"),
        ({"rectification_matrix": {"data": ["x"] * 9}}, "rectification_matrix .* not a number"),
        ({"distortion_model": "fisheye"}, "distortion_model is 'fisheye', valid: plumb_bob"),
        ({"distortion_coefficients": {"data": [0.0]}}, "distortion_coefficients holds 1"),
    ],
)
def test_wrong_calibration_names_the_key(tmp_path: Path, changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_calibration(write_calibration(tmp_path / "c.yaml", **changed))


def test_compressed_pictures_survive_and_keep_their_channels() -> None:
    red = np.zeros((32, 40, 3), np.uint8)
    red[..., 0] = 255
    assert np.abs(compressed.decode(compressed.encode(red, 95)).astype(int) - red).max() < 6
    png = cv2.imencode(".png", cv2.cvtColor(picture(1), cv2.COLOR_RGB2BGR))[1].tobytes()
    np.testing.assert_array_equal(compressed.decode(png), picture(1))


def bomb() -> bytes:
    """A PNG of 400 megapixels in under a megabyte."""
    buffer = io.BytesIO()
    Image.new("1", (20000, 20000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a readable JPEG or PNG"),
        (b"GIF89a" + bytes(100), "not a readable JPEG or PNG"),
        (bytes(compressed.MAX_BYTES + 1), "bytes, valid: "),
        (compressed.encode(picture(1), 90)[:-100], "cut short"),
        (bomb(), "decompression bomb|valid: 16777216 pixels"),
    ],
)
def test_bad_compressed_pictures_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compressed.decode(data)


def test_frozen_needs_time_and_where_asked_motion() -> None:
    sensor, renderer = FrozenWatch(1.0), FrozenWatch(1.0, motion=0.05)
    same, still, moved = picture(0), np.zeros(2), np.array([0.0, 0.1])
    assert [sensor.frozen_for(same, t) for t in (0.0, 1.0, 1.5)] == [0.0, 0.0, 1.5]
    assert sensor.frozen_for(picture(1), 2.0) == 0.0
    assert [renderer.frozen_for(same, t, still) for t in (0.0, 5.0)] == [0.0, 0.0]
    assert renderer.frozen_for(same, 6.0, moved) == 6.0
    assert renderer.frozen_for(same, 7.0, still) == 7.0  # it moved and came back
    assert FrozenWatch(0.0).frozen_for(same, 9.0) == 0.0


def test_a_camera_file_starts_nodes_that_state_node_reads(tmp_path: Path) -> None:
    file = tmp_path / "cams.yaml"
    write_calibration(tmp_path / "c.yaml")
    file.write_text(
        "cameras:\n- {name: wrist, source: 0, calibration: c.yaml, fps: 30}\n"
        "- {name: top, source: 'rtsp://h/v'}\n"
    )
    specs = {spec.name: spec for spec in describe("train_real", {"cameras": str(file)})}
    assert specs["camera_wrist"].executable == specs["camera_top"].executable == "camera_node"
    wrist = specs["camera_wrist"].parameters
    assert (wrist["source"], wrist["fps"], wrist["use_sim_time"]) == ("0", 30.0, False)
    assert wrist["calibration"] == str(tmp_path / "c.yaml")
    assert specs["state_node"].parameters["cameras"] == ["wrist", "top"]


def test_the_shipped_camera_file_is_found_by_its_name() -> None:
    names = {spec.name for spec in describe("train_real", {"cameras": "two_usb.yaml"})}
    assert {"camera_front", "camera_side"} <= names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cameras: []", "no list 'cameras'"),
        ("cameras: [{name: a}]", "source is None"),
        ("cameras: [{name: ../a, source: 0}]", "name is '../a'"),
        ("cameras: [{name: a, source: 0, widht: 3}]", "unknown key widht, valid: name"),
        ("cameras: [{name: a, source: 0, width: wide}]", "width is 'wide', valid: int"),
        ("cameras: [{name: a, source: 0}, {name: a, source: 1}]", "occurs twice"),
        ("cameras: [", "cannot be read"),
    ],
)
def test_wrong_camera_files_are_explained(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "cams.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_cameras(file)
