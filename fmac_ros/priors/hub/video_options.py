"""Options of the video backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fmac_ros.devices import pick_device
from fmac_ros.priors.hub.checks import check_choice, check_count, check_number, check_text
from fmac_ros.priors.hub.loading import HubOptions
from fmac_ros.priors.hub.prompts import TASK

TOGETHER, EACH = "together", "each"
VIEWS = (TOGETHER, EACH)
LEAST_PERIOD = 1e-3  # [s]
LEAST_FPS = 0.1
OWN = ("image", "prompt", "width", "height", "num_frames", "generator", "output_type")


@dataclass(frozen=True)
class VideoOptions(HubOptions):
    """How a pipeline imagines the future. None leaves a choice to the pipeline.

    Attributes:
        variant: of the weights' files, e.g. ``fp16``; "" is the plain one.
        pipeline: class name in diffusers; "" is found from the model.
        prompt: what is asked for; ``{task}`` stands for the task's sentence.
        negative_prompt: what is not wanted, where the pipeline takes it.
        steps: denoising steps.
        guidance: scale of classifier-free guidance.
        frames: N, control steps that an imagined video reaches ahead.
        seconds_per_step: control period [s].
        fps: frames per second of the generated video.
        video_frames: frames generated, rounded up to what the pipeline takes; None is as few
            as N control steps need.
        width, height: of the generated video [pixels], rounded to what the pipeline takes;
            with one of them, the other follows the picture's form.
        views: ``together`` generates the cameras as one picture, ``each`` one by one.
        extra: further arguments of the pipeline's call.
    """

    OFFLOADS: ClassVar[tuple[str, ...]] = ("none", "model", "sequential")

    variant: str = ""
    pipeline: str = ""
    prompt: str = (
        f"A robot arm at a table, seen by a camera that does not move. The robot's task: {TASK}."
        " It goes straight about its task and finishes it."
    )
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    frames: int = 8
    seconds_per_step: float = 0.1
    fps: float | None = None
    video_frames: int | None = None
    width: int | None = None
    height: int | None = None
    views: str = TOGETHER
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("variant", "pipeline", "prompt", "negative_prompt"):
            check_text(name, getattr(self, name))
        for name in ("steps", "video_frames", "width", "height"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        if self.guidance is not None:
            check_number("guidance", self.guidance, 0)
        if self.fps is not None:
            check_number("fps", self.fps, LEAST_FPS)
        check_count("frames", self.frames)
        check_number("seconds_per_step", self.seconds_per_step, LEAST_PERIOD)
        check_choice("views", self.views, VIEWS)
        if TASK not in self.prompt:
            raise ValueError(f"prompt is {self.prompt!r}, valid: a text that holds {TASK}")
        if not isinstance(self.extra, Mapping) or set(self.extra) & set(OWN):
            raise ValueError(
                f"extra is {self.extra!r}, valid: arguments of the pipeline beside {', '.join(OWN)}"
            )
        if self.quantisation != "none" and pick_device(self.device).type == "cpu":
            raise ValueError(
                f"quantisation {self.quantisation!r} with device {self.device!r}, valid: a GPU"
            )
