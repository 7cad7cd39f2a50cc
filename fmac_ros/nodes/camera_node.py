"""camera_node: pictures of a USB camera, a stream or a video file as ROS images.

The stamp of a picture is this machine's ROS time when OpenCV's grab returned: after exposure
and transfer, before decoding. Only the newest picture is kept, so none leaves late as new.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fmac_ros.cameras.calibration import Calibration, load_calibration
from fmac_ros.cameras.compressed import encode
from fmac_ros.cameras.frozen import FrozenWatch
from fmac_ros.cameras.grabber import ENDED, RUNNING, Frame, Grabber
from fmac_ros.cameras.source import FILE, Source
from fmac_ros.ros import names, qos
from fmac_ros.ros.diagnostics import Diagnostics
from fmac_ros.ros.images import array_to_image, calibrated_info, compressed_message
from fmac_ros.ros.parameters import ParameterError, declare, parameter
from fmac_ros.ros.publishing import publish
from fmac_ros.ros.run import run_node

_REPORT_PERIOD = 0.5  # [s]
_SILENT = 2.0  # [s] without a picture after which an open source is stuck
_LOG_PERIOD = 5.0  # [s] between two lines about the same trouble


@dataclass(frozen=True)
class CameraConfig:
    """Parameters of camera_node."""

    source: str = parameter(description="camera number, /dev path, http or rtsp URL, or file")
    camera: str = parameter("camera", description="name; topics are <camera>/image_raw and so on")
    width: int = parameter(
        0, description="requested width [px], 0 for the device's own", minimum=0, maximum=16384
    )
    height: int = parameter(
        0, description="requested height [px], 0 for the device's own", minimum=0, maximum=16384
    )
    fps: float = parameter(
        0.0, description="requested pictures per second, 0 for its own", minimum=0.0, maximum=240.0
    )
    frame_id: str = parameter("", description="frame of the images; empty: <camera>_optical_frame")
    calibration: str = parameter("", description="calibration file (YAML); empty: uncalibrated")
    loop: bool = parameter(False, description="start a video file again at its end")
    compressed: bool = parameter(False, description="publish image_raw/compressed (JPEG), too")
    jpeg_quality: int = parameter(90, description="quality of the JPEG", minimum=1, maximum=100)
    frozen_after: float = parameter(
        2.0,
        description="time of identical pictures after which they are withheld [s], 0: never",
        minimum=0.0,
        maximum=60.0,
    )
    retry_longest: float = parameter(
        10.0, description="longest wait before opening again [s]", minimum=0.5, maximum=300.0
    )


class CameraNode(Node):
    """Publishes what a grabber grabs, and how the grabber is."""

    def __init__(self, **options: Any) -> None:
        super().__init__("camera_node", **options)
        self._config = config = declare(self, CameraConfig)
        self._source, self._calibration = _read(config)
        self._frame_id = config.frame_id or f"{config.camera}_optical_frame"
        self._frozen = FrozenWatch(0.0 if self._source.kind == FILE else config.frozen_after)
        self._trouble = ""
        self._diagnostics = Diagnostics(self, hardware_id=self._source.shown)
        topic = names.camera_image(config.camera)
        self._images = self.create_publisher(Image, topic, qos.RELIABLE)
        self._infos = self.create_publisher(
            CameraInfo, names.camera_info(config.camera), qos.RELIABLE
        )
        self._jpegs = (
            self.create_publisher(CompressedImage, names.compressed(topic), qos.RELIABLE)
            if config.compressed
            else None
        )
        self._arrived = self.create_guard_condition(self._on_arrived)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_REPORT_PERIOD, self._on_report, clock=steady)
        self._grabber = Grabber(
            self._source,
            lambda: self.get_clock().now().nanoseconds,
            self._arrived.trigger,
            (0.5, config.retry_longest),
        )

    def _on_arrived(self) -> None:
        frame = self._grabber.take()
        if frame is None:
            return
        frozen = self._frozen.frozen_for(frame.picture, frame.grabbed)
        self._trouble = f"frozen: the same picture for {frozen:.1f} s" if frozen else ""
        if not frozen:
            self._publish(frame)

    def _publish(self, frame: Frame) -> None:
        seconds, nanoseconds = divmod(frame.stamp, 10**9)
        stamp = Time(sec=seconds, nanosec=nanoseconds)
        picture = frame.picture
        height, width = picture.shape[:2]
        info = calibrated_info(self._calibration, height, width, stamp, self._frame_id)
        publish(self, self._infos, info)
        publish(self, self._images, array_to_image(picture, stamp, self._frame_id))
        if self._jpegs is not None:
            data = encode(picture, self._config.jpeg_quality)
            publish(self, self._jpegs, compressed_message(data, stamp, self._frame_id))
        fits = self._calibration
        if fits is not None and (fits.width, fits.height) != (width, height):
            self._trouble = (
                f"calibration is for {fits.width}x{fits.height}, pictures are {width}x{height}; "
                "camera_info says uncalibrated"
            )

    def _on_report(self) -> None:
        status = self._grabber.status()
        values = {
            "fps": f"{status.fps:.1f}",
            "dropped": status.dropped,
            "reconnects": status.reconnects,
        }
        shown = self._source.shown
        if status.state == ENDED:
            self._diagnostics.warn(f"{shown} is at its end", **values)
        elif status.state != RUNNING:
            self._complain(f"{shown} gives no pictures ({status.state}); trying again", values)
        elif status.silence > _SILENT:
            self._complain(f"{shown} is open and silent for {status.silence:.1f} s", values)
        elif self._trouble:
            self._complain(self._trouble, values)
        else:
            self._diagnostics.ok("pictures flow", **values)

    def _complain(self, trouble: str, values: dict[str, Any]) -> None:
        self._diagnostics.error(trouble, **values)
        self.get_logger().error(trouble, throttle_duration_sec=_LOG_PERIOD)

    def destroy_node(self) -> None:
        """End the grabbing thread, then the node."""
        self._grabber.close()
        super().destroy_node()


def _read(config: CameraConfig) -> tuple[Source, Calibration | None]:
    try:
        source = Source(config.source, config.width, config.height, config.fps, config.loop)
        path = config.calibration
        return source, load_calibration(Path(path)) if path else None
    except ValueError as error:
        raise ParameterError(f"parameters of camera_node: {error}") from error


def main() -> int:
    """Run the node until it is asked to end; the exit code."""
    return run_node(CameraNode)


if __name__ == "__main__":
    sys.exit(main())
