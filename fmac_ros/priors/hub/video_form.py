"""The form of video that a pipeline can generate: size, number of frames, frame rate."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import Any

from fmac_ros.priors.hub.video_options import VideoOptions

MULTIPLE = 32  # pixels: some pipelines ask for it whatever their parts are
TRAINED_SIZE = 480, 832  # height, width, where a pipeline names none
# Frames per second that the models learned from, where no argument of the pipeline says it.
RATES = {"Wan": 16.0, "SkyReelsV2": 24.0, "CogVideoX": 8.0, "HunyuanVideo": 24.0}
RATE_ARGUMENTS = ("frame_rate", "fps")


@dataclass(frozen=True)
class VideoForm:
    """Size [pixels], number of frames and frames per second of a generated video."""

    height: int
    width: int
    frames: int
    fps: float


def video_form(pipeline: Any, options: VideoOptions, view: tuple[int, int]) -> VideoForm:
    """The form for pictures of (height, width) ``view``, near what the options ask.

    Raises:
        ValueError: the pipeline's form is fixed and the options ask for another, or its frame
            rate is not known.
    """
    fps = options.fps or default_rate(pipeline)
    needed = math.ceil(options.frames * options.seconds_per_step * fps - 1e-6) + 1
    if options.video_frames is not None and options.video_frames < needed:
        raise ValueError(
            f"video_frames is {options.video_frames}, valid: {needed} or more, which "
            f"{options.frames} steps of {options.seconds_per_step} s at {fps:g} fps need"
        )
    if _is_fixed(pipeline):
        return _fixed_form(pipeline, options, needed, fps)
    ratio = temporal_ratio(pipeline)
    frames = math.ceil(((options.video_frames or needed) - 1) / ratio) * ratio + 1
    return VideoForm(*_size(pipeline, options, view), frames, fps)


def default_rate(pipeline: Any) -> float:
    """Frames per second of a pipeline's videos."""
    name, call = type(pipeline).__name__, call_defaults(pipeline)
    for argument in RATE_ARGUMENTS:
        if call.get(argument):
            return float(call[argument])
    for start, rate in RATES.items():
        if name.startswith(start):
            return rate
    raise ValueError(f"fps of {name} is not known, valid: the frame rate that the model learned")


def call_defaults(pipeline: Any) -> dict[str, Any]:
    """Arguments of the pipeline's call with their defaults."""
    parameters = inspect.signature(type(pipeline).__call__).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "self"}


def size_multiple(pipeline: Any) -> int:
    """What height and width must be multiples of."""
    patch = _config(pipeline, "patch_size", 1)
    unet = getattr(pipeline, "unet", None)
    halvings = len(unet.config.down_block_types) - 1 if unet is not None else 0
    cells = (patch if isinstance(patch, int) else max(patch)) * 2**halvings
    return math.lcm(spatial_ratio(pipeline) * cells, MULTIPLE)


def spatial_ratio(pipeline: Any) -> int:
    """Pixels per latent cell."""
    names = ("vae_spatial_compression_ratio", "vae_scale_factor_spatial", "vae_scale_factor")
    return next((int(getattr(pipeline, name)) for name in names if hasattr(pipeline, name)), 8)


def temporal_ratio(pipeline: Any) -> int:
    """Frames per latent frame."""
    names = ("vae_temporal_compression_ratio", "vae_scale_factor_temporal")
    return next((int(getattr(pipeline, name)) for name in names if hasattr(pipeline, name)), 1)


def _size(pipeline: Any, options: VideoOptions, view: tuple[int, int]) -> tuple[int, int]:
    aspect = view[1] / view[0]
    trained = _trained_size(pipeline)
    height = float(options.height or math.sqrt(trained[0] * trained[1] / aspect))
    if options.height is None and options.width is not None:
        height = options.width / aspect
    width = float(options.width or height * aspect)
    multiple = size_multiple(pipeline)

    def rounded(pixels: float) -> int:
        return max(1, round(pixels / multiple)) * multiple

    return rounded(height), rounded(width)


def _trained_size(pipeline: Any) -> tuple[int, int]:
    call, ratio = call_defaults(pipeline), spatial_ratio(pipeline)
    named = call.get("height"), call.get("width")
    if all(isinstance(value, int) for value in named):
        return named  # type: ignore[return-value]
    sample = _config(pipeline, "sample_height", 0), _config(pipeline, "sample_width", 0)
    return (sample[0] * ratio, sample[1] * ratio) if all(sample) else TRAINED_SIZE


def _is_fixed(pipeline: Any) -> bool:
    """Whether the model learned a position embedding that fits one form of video only."""
    return bool(_config(pipeline, "use_learned_positional_embeddings", False))


def _fixed_form(pipeline: Any, options: VideoOptions, needed: int, fps: float) -> VideoForm:
    height, width = _trained_size(pipeline)
    frames = int(_config(pipeline, "sample_frames", needed))
    asked = {"height": options.height, "width": options.width, "video_frames": options.video_frames}
    valid = {"height": height, "width": width, "video_frames": frames}
    for name, value in asked.items():
        if value is not None and value != valid[name]:
            raise ValueError(f"{name} is {value}, valid for this model: {valid[name]} only")
    if needed > frames:
        longest = int((frames - 1) / fps / options.seconds_per_step + 1e-6)
        raise ValueError(
            f"frames is {options.frames}, valid: 1..{longest}, as the model's {frames} frames at "
            f"{fps:g} fps last {(frames - 1) / fps:.2f} s"
        )
    return VideoForm(height, width, frames, fps)


def _config(pipeline: Any, name: str, default: Any) -> Any:
    """A value of the denoiser's configuration."""
    for part in ("transformer", "unet", "transformer_2"):
        model = getattr(pipeline, part, None)
        if model is not None and name in model.config:
            return model.config[name]
    return default
