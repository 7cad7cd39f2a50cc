"""Videos, calibration files and an MJPEG server, made for the tests."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import yaml

from fmac_ros.cameras.compressed import encode

SIZE = (64, 48)  # width, height


def picture(number: int) -> np.ndarray:
    """(48, 64, 3) RGB noise of its own per number."""
    return np.random.default_rng(number).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


def write_video(path: Path, frames: int = 20, fps: float = 50.0) -> Path:
    """An MJPG video of grey pictures that brighten by 10 a frame."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, SIZE)
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 10 * number, np.uint8))
    writer.release()
    return path


def calibration() -> dict[str, object]:
    """A calibration for ``SIZE``, as ROS writes it."""

    def table(rows: int, cols: int, data: list[float]) -> dict[str, object]:
        return {"rows": rows, "cols": cols, "data": data}

    return {
        "image_width": SIZE[0],
        "image_height": SIZE[1],
        "camera_name": "front",
        "camera_matrix": table(3, 3, [60.0, 0, 32, 0, 61, 24, 0, 0, 1]),
        "distortion_model": "plumb_bob",
        "distortion_coefficients": table(1, 5, [0.1, -0.2, 0, 0, 0]),
        "rectification_matrix": table(3, 3, [1.0, 0, 0, 0, 1, 0, 0, 0, 1]),
        "projection_matrix": table(3, 4, [60.0, 0, 32, 0, 0, 61, 24, 0, 0, 0, 1, 0]),
    }


def write_calibration(path: Path, **changed: object) -> Path:
    """Write the calibration with keys changed; None leaves a key out."""
    data = {k: v for k, v in {**calibration(), **changed}.items() if v is not None}
    path.write_text(yaml.safe_dump(data))
    return path


class MjpegServer:
    """Serves a stream of JPEGs; ``frozen`` sends one picture for ever."""

    def __init__(self, port: int = 0, frozen: bool = False) -> None:
        outer = self
        self.running = True

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                try:
                    while outer.running:
                        number += 1
                        data = encode(picture(0 if frozen else number), 90)
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}"
                        self.wfile.write(head.encode() + b"\r\n\r\n" + data + b"\r\n")
                        time.sleep(0.02)
                except OSError:
                    pass

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/stream"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End the stream and free the port."""
        self.running = False
        self._server.shutdown()
        self._server.server_close()
