"""Pin-hole cameras of the simulated cell and their rendering."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pybullet

NEAR, FAR = 0.05, 4.0  # [m]


@dataclass(frozen=True)
class CameraSpec:
    """A camera by where it stands and looks.

    Attributes:
        eye, target: positions in the world frame [m].
        fov_deg: vertical field of view.
    """

    name: str
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float

    def jittered(self, rng: np.random.Generator, metres: float) -> CameraSpec:
        """The same camera put up a little differently, as a person would."""
        eye = np.add(self.eye, rng.uniform(-metres, metres, 3))
        target = np.add(self.target, rng.uniform(-metres, metres, 3) / 2)
        return replace(self, eye=tuple(eye), target=tuple(target))

    def matrix(self, size: int) -> np.ndarray:
        """Intrinsics K, (3, 3) [pixels], for a square image of ``size`` pixels."""
        focal = size / 2 / np.tan(np.radians(self.fov_deg) / 2)
        return np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])


CAMERAS = (
    CameraSpec("front", eye=(1.25, 0.0, 0.60), target=(0.46, 0.0, 0.15), fov_deg=34.0),
    CameraSpec("side", eye=(0.46, -0.95, 0.40), target=(0.50, 0.0, 0.16), fov_deg=34.0),
)


@dataclass(frozen=True)
class Light:
    """Direction towards the light and the strengths of its parts."""

    direction: tuple[float, float, float] = (0.6, -0.5, 1.2)
    ambient: float = 0.65
    diffuse: float = 0.45


def render(client: int, camera: CameraSpec, size: int, light: Light) -> np.ndarray:
    """Render the world of a physics client, (size, size, 3) uint8 RGB."""
    view = pybullet.computeViewMatrix(camera.eye, camera.target, (0, 0, 1))
    projection = pybullet.computeProjectionMatrixFOV(camera.fov_deg, 1.0, NEAR, FAR)
    _, _, rgba, _, _ = pybullet.getCameraImage(
        size,
        size,
        view,
        projection,
        lightDirection=light.direction,
        lightAmbientCoeff=light.ambient,
        lightDiffuseCoeff=light.diffuse,
        lightSpecularCoeff=0.0,
        shadow=0,
        flags=pybullet.ER_NO_SEGMENTATION_MASK,
        renderer=pybullet.ER_TINY_RENDERER,
        physicsClientId=client,
    )
    # A PyBullet that was built without numpy gives plain numbers.
    pixels = np.asarray(rgba, np.uint8).reshape(size, size, 4)
    return np.ascontiguousarray(pixels[:, :, :3])
