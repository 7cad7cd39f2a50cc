"""One picture and a sentence to the frames of a video, whichever pipeline does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from fmac_ros.priors.base import check_finite
from fmac_ros.priors.hub.loading import version_of_model
from fmac_ros.priors.hub.prompts import TASK
from fmac_ros.priors.hub.video_form import RATE_ARGUMENTS, VideoForm, call_defaults, video_form
from fmac_ros.priors.hub.video_frames import cut_out, fit_into
from fmac_ros.priors.hub.video_loading import load_pipeline
from fmac_ros.priors.hub.video_options import VideoOptions

GUIDANCE_ARGUMENTS = ("guidance_scale", "max_guidance_scale")

Tell = Callable[[float], None]  # called with the finished share of one video, 0..1


class VideoGenerator:
    """A pipeline behind one call.

    Args:
        view: (height, width) of the pictures that it will be given.
    """

    def __init__(self, options: VideoOptions, view: tuple[int, int]) -> None:
        self._options = options
        self._pipeline, folder = load_pipeline(options)
        self._arguments = call_defaults(self._pipeline)
        unknown = sorted(set(options.extra) - set(self._arguments))
        if unknown:
            kind = type(self._pipeline).__name__
            valid = ", ".join(self._arguments)
            raise ValueError(f"extra has {unknown[0]!r}, valid for {kind}: some of {valid}")
        self.name, self.version = options.model, version_of_model(folder)
        self.takes_text = "prompt" in self._arguments
        self.form: VideoForm = video_form(self._pipeline, options, view)

    def generate(
        self, picture: np.ndarray, sentence: str, seed: Sequence[int], tell: Tell
    ) -> np.ndarray:
        """Return (f, h, w, 3) float32 frames in 0..1 that begin with an (h, w, 3) uint8 picture.

        Args:
            seed: of the noise, whole numbers from 0.
            tell: may raise to end the generation.

        Raises:
            FloatingPointError: a frame is not finite.
        """
        tell(0.0)  # before the sentence is read: that may take long
        image = Image.fromarray(fit_into(picture, self.form.height, self.form.width))
        number = int(np.random.SeedSequence(list(seed)).generate_state(1)[0])
        try:
            video = self._pipeline(
                image=image,
                generator=torch.Generator().manual_seed(number),  # the same on every device
                callback_on_step_end=_callback(tell),
                output_type="np",
                **self._call(sentence),
            ).frames[0]
        finally:
            self._pipeline.maybe_free_model_hooks()
        frames = check_finite(np.asarray(video, np.float32), self.name)
        return cut_out(frames, *picture.shape[:2])

    def _call(self, sentence: str) -> dict[str, Any]:
        """Arguments that depend on the options; what the pipeline does not take is left out."""
        options, form = self._options, self.form
        rate = round(form.fps) if form.fps >= 1 else form.fps
        asked = {
            "prompt": options.prompt.replace(TASK, sentence),
            "negative_prompt": options.negative_prompt or None,
            "height": form.height,
            "width": form.width,
            "num_frames": form.frames,
            "num_inference_steps": options.steps,
            **dict.fromkeys(GUIDANCE_ARGUMENTS, options.guidance),
            **dict.fromkeys(RATE_ARGUMENTS, rate),
        }
        known = {
            name: value
            for name, value in asked.items()
            if name in self._arguments and value is not None
        }
        return {**known, **options.extra}


def _callback(tell: Tell) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
    """What the pipeline calls after each denoising step; it expects its tensors back."""

    def after_step(pipeline: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        tell((step + 1) / max(step + 1, pipeline.num_timesteps))
        return tensors

    return after_step
