"""Options of the vision-language backends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fmac_ros.priors.hub.answers import OVER
from fmac_ros.priors.hub.cameras import ALL, check_camera
from fmac_ros.priors.hub.checks import check_choice, check_count, check_number, check_text
from fmac_ros.priors.hub.loading import HubOptions
from fmac_ros.priors.hub.prompts import PROMPTS, STYLES, Prompt

LEAST_TEMPERATURE = 0.01


@dataclass(frozen=True)
class VisionLanguageOptions(HubOptions):
    """What the model is asked. ``{task}`` in a prompt stands for the task's sentence.

    Attributes:
        style: ``statement`` (True or False) or ``question`` (yes or no).
        prompt: another text to ask; "" is the style's.
        positive, negative: other words of the two answers; empty are the style's.
        over: among which answers the probability counts, one of ``OVER``.
        temperature: divides the log-odds; above 1 the answers move away from 0 and 1.
        camera: ``all`` in one picture, ``mean`` over the cameras, or one camera's index.
        batch: pictures asked about at once.
    """

    KIND: ClassVar[str]

    style: str = "question"
    prompt: str = ""
    positive: Sequence[str] = ()
    negative: Sequence[str] = ()
    over: str = OVER[0]
    temperature: float = 1.0
    camera: str | int = ALL
    batch: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("style", self.style, STYLES)
        check_choice("over", self.over, OVER)
        check_text("prompt", self.prompt)
        for name in ("positive", "negative"):
            _check_words(name, getattr(self, name))
        check_number("temperature", self.temperature, LEAST_TEMPERATURE)
        check_camera(self.camera)
        check_count("batch", self.batch)

    def asked(self) -> Prompt:
        """The prompt with its answers, the style's where the options say nothing else."""
        default = PROMPTS[self.KIND, self.style]
        return Prompt(
            self.prompt or default.text,
            tuple(self.positive) or default.positive,
            tuple(self.negative) or default.negative,
        )


@dataclass(frozen=True)
class VisionLanguageValueOptions(VisionLanguageOptions):
    """Options of the value prior."""

    KIND = "value"

    style: str = "statement"


@dataclass(frozen=True)
class VisionLanguageSuccessOptions(VisionLanguageOptions):
    """Options of the success prior.

    Attributes:
        threshold: probability from which a state counts as solved, 0..1.
    """

    KIND = "success"

    threshold: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("threshold", self.threshold, 0, 1)


def _check_words(name: str, words: Sequence[str]) -> None:
    listed = isinstance(words, list | tuple)
    if not listed or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError(f"{name} is {words!r}, valid: a list of words in quotes, such as ['yes']")
