"""What the model is asked about a state, by kind of prior and form of the answer."""

from __future__ import annotations

from fmac_ros.priors.hub.prompts import TASK

YES_NO, NUMBER = "yes_no", "number"
ANSWERS = (NUMBER, YES_NO)

_SCENE = (
    f"A robot arm and what is around it, as its cameras see them at one moment. Its task: {TASK}."
)

PROMPTS: dict[tuple[str, str], str] = {
    ("success", YES_NO): f"{_SCENE} Is the task finished now? Answer with one word, yes or no.",
    ("value", YES_NO): (
        f"{_SCENE} Is the robot close to finishing it? Answer with one word, yes or no."
    ),
    ("value", NUMBER): (
        f"{_SCENE} How far has it come, from 0 (not begun) to 1 (finished)?"
        ' Answer only with a JSON object such as {"value": 0.35}.'
    ),
}
