"""camera_node: images, calibration and words for what is wrong, from real captures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from camera_files import MjpegServer, write_calibration, write_video
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fmac_ros.nodes.camera_node import CameraNode
from fmac_ros.ros import names, qos
from fmac_ros.ros.images import compressed_to_array, image_to_array
from fmac_ros.ros.parameters import ParameterError

needs_ffmpeg = pytest.mark.skipif(
    "FFMPEG:                      YES" not in cv2.getBuildInformation(),
    reason="this OpenCV reads no streams: built without FFmpeg",
)


@pytest.fixture
def heard(ros):
    """Everything that a camera called front publishes."""
    node = ros.node()
    found = SimpleNamespace(images=[], infos=[], jpegs=[], said=[])
    for kind, topic, kept in (
        (Image, "front/image_raw", found.images),
        (CameraInfo, "front/camera_info", found.infos),
        (CompressedImage, "front/image_raw/compressed", found.jpegs),
        (DiagnosticArray, names.DIAGNOSTICS, found.said),
    ):
        node.create_subscription(kind, topic, kept.append, qos.RELIABLE)
    return found


def said(heard, text: str) -> bool:
    return any(text in message.status[0].message for message in heard.said)


def test_publishes_pictures_and_calibration_with_one_stamp(ros, heard, tmp_path: Path) -> None:
    file = write_calibration(tmp_path / "c.yaml")
    video = str(write_video(tmp_path / "a.avi"))
    parameters = {"source": video, "calibration": str(file), "compressed": True, "loop": True}
    ros.add(CameraNode, camera="front", **parameters)
    assert ros.spin_until(lambda: len(heard.images) > 3 and heard.jpegs and heard.infos)
    image = heard.images[0]
    assert ros.spin_until(lambda: heard.infos[-1].header.stamp.sec and len(heard.infos) > 4)
    info = next(i for i in heard.infos if i.header.stamp == image.header.stamp)
    assert info.header == image.header and image.header.frame_id == "front_optical_frame"
    assert list(info.k) == [60.0, 0, 32, 0, 61, 24, 0, 0, 1]
    assert compressed_to_array(heard.jpegs[-1]).shape == image_to_array(image).shape == (48, 64, 3)
    assert ros.spin_until(lambda: said(heard, "pictures flow"))


def test_without_calibration_it_says_uncalibrated(ros, heard, tmp_path: Path) -> None:
    ros.add(CameraNode, camera="front", source=str(write_video(tmp_path / "a.avi")), loop=True)
    assert ros.spin_until(lambda: heard.infos)
    assert not np.any(heard.infos[0].k) and heard.infos[0].width == 64


def test_a_calibration_of_another_size_is_not_used(ros, heard, tmp_path: Path) -> None:
    file = write_calibration(tmp_path / "c.yaml", image_width=640)
    video = str(write_video(tmp_path / "a.avi"))
    ros.add(CameraNode, camera="front", source=video, calibration=str(file), loop=True)
    assert ros.spin_until(lambda: said(heard, "calibration is for 640x48, pictures are 64x48"))
    assert not np.any(heard.infos[0].k)


@needs_ffmpeg
def test_a_frozen_stream_is_withheld(ros, heard) -> None:
    server = MjpegServer(frozen=True)
    ros.add(CameraNode, camera="front", source=server.url, frozen_after=0.4)
    assert ros.spin_until(lambda: said(heard, "frozen: the same picture for"), 15.0)
    before = len(heard.images)
    ros.spin_for(0.5)
    server.close()
    assert before > 0 and len(heard.images) == before


def test_a_missing_source_is_named(ros, heard) -> None:
    ros.add(CameraNode, camera="front", source="/nowhere/a.avi")
    assert ros.spin_until(lambda: said(heard, "/nowhere/a.avi gives no pictures (lost)"))
    assert not heard.images


def test_wrong_parameters_are_refused(ros, tmp_path: Path) -> None:
    file = write_calibration(tmp_path / "c.yaml", camera_matrix=None)
    with pytest.raises(ParameterError, match="camera_matrix is missing"):
        ros.add(CameraNode, source="0", calibration=str(file))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(ros, heard, tmp_path: Path, number: int) -> None:
    video = write_video(tmp_path / "a.avi")
    command = [sys.executable, "-m", "fmac_ros.nodes.camera_node", "--ros-args"]
    command += ["-p", f"source:={video}", "-p", "camera:=front", "-p", "loop:=true"]
    process = subprocess.Popen(command, env=dict(os.environ))
    try:
        assert ros.spin_until(lambda: heard.images, 30.0)
        process.send_signal(number)
        assert process.wait(15.0) == 0
    finally:
        process.kill()
