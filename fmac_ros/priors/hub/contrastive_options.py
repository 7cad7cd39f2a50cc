"""Options of the contrastive backends."""

from __future__ import annotations

from dataclasses import dataclass

from fmac_ros.priors.hub.cameras import MEAN, check_camera
from fmac_ros.priors.hub.checks import check_count, check_number, check_text
from fmac_ros.priors.hub.loading import HubOptions


@dataclass(frozen=True)
class ContrastiveOptions(HubOptions):
    """What pictures are compared with. ``{task}`` in a text stands for the task's sentence.

    Attributes:
        target: text of a solved state.
        baseline: text of any state; "" is none.
        goal_image: file with a picture of a solved state, in the form of the priors' pictures.
        baseline_image: file with a picture of an unsolved state; "" is none.
        goal_weight: share of the goal picture in the answer where there is one, 0..1.
        camera: ``mean`` over the cameras, ``all`` in one picture, or one camera's index.
        batch: pictures embedded at once.
    """

    target: str = "a robot arm that has finished its task: {task}"
    baseline: str = "a robot arm that has not begun its task"
    goal_image: str = ""
    baseline_image: str = ""
    goal_weight: float = 0.5
    camera: str | int = MEAN
    batch: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("target", "baseline", "goal_image", "baseline_image"):
            check_text(name, getattr(self, name))
        check_number("goal_weight", self.goal_weight, 0, 1)
        check_camera(self.camera)
        check_count("batch", self.batch)
        if self.baseline_image and not self.goal_image:
            raise ValueError("baseline_image without goal_image, valid: both, or goal_image alone")
        if self.uses_text and not self.target:
            raise ValueError("target is empty, valid: a text, or goal_image with goal_weight 1")

    @property
    def uses_text(self) -> bool:
        """Whether the sentence counts."""
        return not self.goal_image or self.goal_weight < 1

    @property
    def conditioning(self) -> tuple[str, ...]:
        """What tells the prior its task (``base.CONDITIONINGS``)."""
        return ("text",) * self.uses_text + ("goal_image",) * bool(self.goal_image)


@dataclass(frozen=True)
class ContrastiveValueOptions(ContrastiveOptions):
    """How a similarity becomes a value.

    Attributes:
        regularisation: strength of the projection on the line from baseline to target, 0..1.
        low, high: rewards (``similarity.reward``) that become 0 and 1; None is the baseline's
            (-1 where nothing is projected fully) and the target's.
    """

    regularisation: float = 1.0
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("regularisation", self.regularisation, 0, 1)
        for name in ("low", "high"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), -10, 1)
        if self.high is not None and self.low is None:
            raise ValueError(f"high is {self.high} without low, valid: both, or low alone")
        top = 1.0 if self.high is None else self.high
        if self.low is not None and self.low >= top:
            raise ValueError(f"low is {self.low}, valid: less than high ({top})")


@dataclass(frozen=True)
class ContrastiveSuccessOptions(ContrastiveOptions):
    """How a similarity becomes a verdict.

    Attributes:
        threshold: probability from which a state counts as solved, 0..1.
        scale: inverse temperature of cosines; None is what the model was trained with.
    """

    threshold: float = 0.5
    scale: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("threshold", self.threshold, 0, 1)
        if self.scale is not None:
            check_number("scale", self.scale, 0)
        if self.uses_text and not self.baseline:
            raise ValueError("baseline is empty, valid: a text of an unsolved state")
        if self.goal_image and not self.baseline_image:
            raise ValueError("goal_image needs baseline_image, a picture of an unsolved state")
