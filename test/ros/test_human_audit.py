"""A person is asked through topics, at the terminal or anywhere else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import pytest
from learning_world import make_record
from std_msgs.msg import String

from fmac_ros.ros import names, qos
from fmac_ros.ros.audit_desk import AuditDesk
from fmac_ros.ros.calls import Caller
from fmac_ros.ros.human_audit import HumanQuestions

RECORD = make_record(3, seed=7)


def ask(ros: Any, timeout: float, meanwhile: Any = lambda: None) -> bool | None:
    """Ask in a worker thread, as a run does, while ROS spins here."""
    node = ros.node("trainer")
    told: list[str] = []
    questions = HumanQuestions(node, Caller(node, threading.Event(), told.append), timeout)
    ros.spin_for(0.3)
    answers: list[bool | None] = []
    worker = threading.Thread(target=lambda: answers.append(questions.ask(RECORD)))
    worker.start()

    def done() -> bool:
        meanwhile()
        return bool(answers)

    assert ros.spin_until(done, 20.0)
    worker.join()
    assert "waiting for a person" in told[0] and told[-1] == ""
    return answers[0]


@pytest.mark.parametrize(("typed", "answer"), [("yes\n", True), ("n\n", False)])
def test_the_terminal_answers(ros: Any, tmp_path: Path, typed: str, answer: bool) -> None:
    said: list[str] = []
    picture = tmp_path / "audit.png"
    lines = ["what?\n", typed]
    desk = AuditDesk(
        ros.node("desk"), picture, said.append, lambda: lines.pop(0) if lines and said else None
    )
    assert ask(ros, 10.0, desk.serve) is answer
    assert len(said) == 1 and RECORD.episode.task in said[0] and str(picture) in said[0]
    shown = cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)
    assert (shown == RECORD.episode.pictures[-1]).all()


def test_an_answer_about_another_episode_or_none_is_no_answer(ros: Any) -> None:
    other = ros.node("other").create_publisher(String, names.AUDIT_ANSWER, qos.RELIABLE)
    assert ask(ros, 1.0, lambda: other.publish(String(data="000008 yes"))) is None
