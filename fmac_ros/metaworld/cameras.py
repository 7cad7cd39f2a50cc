"""Pictures of a MuJoCo model, without a display and without what makes software rendering slow."""

from __future__ import annotations

import atexit
import importlib
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from fmac_ros.metaworld.light import lightened

MAX_GEOMS = 1000


@dataclass(frozen=True)
class View:
    """One of the model's cameras.

    Attributes:
        name: in the model.
        field_of_view: vertical [degrees], narrower than the model's own, to see things larger.
    """

    name: str
    field_of_view: float


# From the right and from the left: what is behind the hand for one is beside it for the other.
VIEWS = (View("corner4", 54.0), View("corner", 32.0))


class Cameras:
    """Renders the views of one model in a context of its own.

    Shadows, reflections and multisampling are off: on a processor they cost nine tenths of the
    time. Marks that only a simulator has, such as a green ball at the goal, are not drawn.

    Args:
        size: height and width of the pictures [pixels].

    Raises:
        RuntimeError: there is no OpenGL context to be had.
    """

    def __init__(self, model: Any, data: Any, size: int) -> None:
        import mujoco

        self._mujoco, self._model, self._data = mujoco, model, data
        model.vis.quality.offsamples = 0
        for view in VIEWS:
            model.camera(view.name).fovy = view.field_of_view
        self._places, self._diffuse = model.cam_pos.copy(), model.light_diffuse.copy()
        self._headlight = model.vis.headlight.diffuse.copy()
        self._drawn = lightened(model)
        self._gl = _context(size)
        self._gl.make_current()
        self._context = mujoco.MjrContext(self._drawn, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(self._drawn, MAX_GEOMS)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[flag] = 0
        self._options = mujoco.MjvOption()
        self._options.sitegroup[:] = 0
        self._window = mujoco.MjrRect(0, 0, size, size)
        # Before EGL itself ends with the interpreter: a context left to that time prints errors.
        atexit.register(self.close)

    def render(self, name: str) -> np.ndarray:
        """The picture of a camera now, (h, w, 3) uint8 RGB."""
        mujoco, camera = self._mujoco, self._mujoco.MjvCamera()
        camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        camera.fixedcamid = self._model.camera(name).id
        everything = mujoco.mjtCatBit.mjCAT_ALL
        self._gl.make_current()
        mujoco.mjv_updateScene(
            self._drawn, self._data, self._options, None, camera, everything, self._scene
        )
        mujoco.mjr_render(self._window, self._scene, self._context)
        image = np.empty((self._window.height, self._window.width, 3), np.uint8)
        mujoco.mjr_readPixels(image, None, self._window, self._context)
        # OpenGL's rows begin at the bottom, and Meta-World's corner cameras hang upside down.
        return np.ascontiguousarray(image[:, ::-1])

    def shake(self, rng: np.random.Generator, distance: float, light: float) -> None:
        """Move the cameras and dim or brighten the light at random, for videos.

        Cameras are where they were until the world is reset or stepped.

        Args:
            distance: standard deviation of each coordinate of a camera [m].
            light: most by which the brightness changes, as a share of it.
        """
        model, drawn = self._model, self._drawn
        shape, spread = self._places.shape, rng.uniform(1 - light, 1 + light)
        model.cam_pos[:] = self._places + rng.normal(0.0, distance, shape)
        drawn.light_diffuse[:] = self._diffuse * spread
        drawn.vis.headlight.diffuse[:] = self._headlight * spread

    def close(self) -> None:
        """Give the context back."""
        atexit.unregister(self.close)
        self._gl.make_current()
        self._context.free()
        self._gl.free()


def _context(size: int) -> Any:
    """A context of the library that MUJOCO_GL names, EGL by default: it needs no display."""
    name = os.environ.get("MUJOCO_GL") or "egl"
    try:
        return importlib.import_module(f"mujoco.{name}").GLContext(size, size)
    except (ImportError, AttributeError, RuntimeError) as error:
        raise RuntimeError(
            f"no OpenGL context through {name} ({error}); apt install libegl1 libgl1-mesa-dri, "
            "or set MUJOCO_GL to egl, osmesa or glfw"
        ) from error
