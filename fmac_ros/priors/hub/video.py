"""Video prior by an image-to-video pipeline of diffusers: LTX-Video, Wan, CogVideoX, SVD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fmac_ros.priors.backends import Context, Options, parse_options, register
from fmac_ros.priors.base import LatentSpace, Progress, fit_pictures
from fmac_ros.priors.hub.cameras import ALL, MEAN, views
from fmac_ros.priors.hub.video_frames import at_times, to_uint8
from fmac_ros.priors.hub.video_generator import VideoGenerator
from fmac_ros.priors.hub.video_options import TOGETHER, VideoOptions

DIFFUSERS = "diffusers"


@register("video", DIFFUSERS)
def make_video(options: Options, context: Context) -> HubVideo:
    """M_tau of a pipeline that makes a video from a picture."""
    return HubVideo(parse_options(VideoOptions, options), context.encoder)


class HubVideo:
    """``M_tau``: generated frames, encoded into the shared latents (``base.VideoPrior``)."""

    def __init__(self, options: VideoOptions, encoder: LatentSpace) -> None:
        self._encoder, self._period = encoder, options.seconds_per_step
        self._camera = ALL if options.views == TOGETHER else MEAN
        self.picture_size, self.frames = encoder.picture_size, options.frames
        height, width = self._split(np.zeros((1, *self.picture_size, 3), np.uint8)).shape[2:4]
        self._generator = VideoGenerator(options, (height, width))
        self.name, self.version = self._generator.name, self._generator.version
        self.conditioning = ("text",) if self._generator.takes_text else ()

    def imagine(
        self,
        pictures: np.ndarray,
        sentence: str,
        frame_indices: Sequence[int],
        seed: int,
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return (n, k, c, h, w) float16 latents of the asked future frames 1..N."""
        states = self._split(fit_pictures(pictures, self.picture_size))  # (n, cameras, h, w, 3)
        times = self._times(frame_indices)
        generated = np.empty((len(states), len(times), *self.picture_size, 3), np.uint8)
        for index, state in enumerate(states):
            videos = []
            for camera, view in enumerate(state):
                done, total = index * len(state) + camera, len(states) * len(state)
                tell = _part_of(progress, done, total)
                video = self._generator.generate(view, sentence, (seed, index, camera), tell)
                videos.append(at_times(video, times, self._generator.form.fps))
            generated[index] = to_uint8(np.concatenate(videos, axis=2))
        latents = self._encoder.encode(generated.reshape(-1, *generated.shape[2:]))
        return latents.reshape(len(states), len(times), *self._encoder.latent_shape)

    def _split(self, pictures: np.ndarray) -> np.ndarray:
        return views(pictures, self._camera)

    def _times(self, frame_indices: Sequence[int]) -> list[float]:
        """When the asked control steps are [s after the picture]."""
        bad = [index for index in frame_indices if not 1 <= index <= self.frames]
        if bad or not len(frame_indices):
            asked = list(frame_indices)
            raise ValueError(f"frame indices are {asked}, valid: some of 1..{self.frames}")
        return [index * self._period for index in frame_indices]


def _part_of(progress: Progress | None, done: int, total: int) -> Progress:
    """The progress of one video as that of all, of which ``done`` are finished."""

    def tell(share: float) -> None:
        if progress is not None:
            progress((done + share) / total)

    return tell
