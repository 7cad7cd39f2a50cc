"""reset_node: the arm goes home, the objects are set up as the setting says, callers stay."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from rclpy.action import ActionServer
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fmac_ros.action import MoveArm
from fmac_ros.control.gate import DISARMED
from fmac_ros.control.move import BY_A_PERSON
from fmac_ros.nodes.reset_node import SUPERSEDED, ResetNode
from fmac_ros.ros import names, qos
from fmac_ros.ros.calls import Caller, Refused, Unanswered
from fmac_ros.ros.move_server import EPISODE
from fmac_ros.ros.reset_client import ResetClient
from fmac_ros.ros.reset_desk import ResetDesk
from fmac_ros.srv import Reset

TASK = "open the drawer"


class Bench:
    """A stand-in for policy_node's move_arm, reset_node, and a caller of ``reset``."""

    def __init__(self, ros, **parameters):
        self.ros = ros
        self.node = ros.add(ResetNode, **parameters)
        self.robot = ros.node("policy_node")
        self.answers, self.goals = [], []  # what the next motions end with; "" is well
        self.server = ActionServer(self.robot, MoveArm, names.MOVE_ARM, self._on_move)
        tester = self.tester = ros.node()
        self.client = tester.create_client(Reset, names.RESET)
        self.ready = tester.create_client(Trigger, names.SCENE_READY)
        self.question, self.words = [], []
        tester.create_subscription(
            String, names.RESET_QUESTION, lambda m: self.question.append(m.data), qos.LATCHED
        )
        tester.create_subscription(
            String, names.RESET_WAITING, lambda m: self.words.append(m.data), qos.RELIABLE
        )
        assert ros.spin_until(self.client.service_is_ready)
        assert ros.spin_until(self.ready.service_is_ready)
        ros.spin_for(0.3)

    def _on_move(self, goal):
        self.goals.append(list(goal.request.joint_positions))
        error = self.answers.pop(0) if self.answers else ""
        goal.abort() if error else goal.succeed()
        return MoveArm.Result(ok=not error, error=error)

    def reset(self, seed=7):
        return self.client.call_async(Reset.Request(seed=seed, split="train", task=TASK))

    def answer(self, future, timeout=10.0):
        assert self.ros.spin_until(future.done, timeout), "reset does not answer"
        return future.result()

    def asked(self, text, timeout=10.0):
        """Whether a person comes to be asked this."""
        return self.ros.spin_until(lambda: self.question and text in self.question[-1], timeout)

    def confirm(self):
        return self.answer(self.ready.call_async(Trigger.Request()))


def test_a_person_is_asked_once_the_arm_is_home(ros):
    bench = Bench(ros)
    assert not bench.confirm().success, "nothing is asked yet"
    future = bench.reset()
    assert bench.asked("set the objects up for 'open the drawer'")
    assert bench.goals == [[]], "home"
    assert ros.spin_until(lambda: any("waiting for a person" in w for w in bench.words))
    assert not future.done()
    answer = bench.confirm()
    assert answer.success and TASK in answer.message
    assert bench.answer(future).ok
    assert ros.spin_until(lambda: bench.question[-1] == "")


def test_nothing_is_asked_where_nothing_is_to_be_reset(ros):
    bench = Bench(ros, scene_reset="none")
    assert bench.answer(bench.reset()).ok
    assert bench.goals == [[]] and not any(bench.question)


def test_a_pair_asks_at_first_and_when_one_of_it_does_not_get_on(ros):
    bench = Bench(ros, scene_reset="paired", paired_tries=2)

    def reset(task):
        request = Reset.Request(seed=1, split="train", task=task)
        return bench.client.call_async(request)

    for task, asks in (
        ("open it", True),  # nobody has set it up yet
        ("close it", False),
        ("open it", False),
        ("open it", False),
        ("open it", True),
        ("open it", False),
        ("close it", False),
    ):
        future = reset(task)
        if asks:
            assert bench.asked(f"set the objects up for {task!r}")
            assert bench.confirm().success
        assert bench.answer(future).ok
        assert ros.spin_until(lambda: not bench.question[-1])
    assert sum(bool(question) for question in bench.question) == 2


def test_a_cell_that_resets_itself_is_called_and_may_refuse(ros):
    bench = Bench(ros, scene_reset="service")
    requests, said = [], ["", "no such task"]

    def on_scene(request, response):
        requests.append((request.seed, request.split, request.task))
        response.message = said.pop(0)
        response.ok = not response.message
        return response

    bench.tester.create_service(Reset, names.RESET_SCENE, on_scene)
    assert bench.answer(bench.reset(3)).ok
    refused = bench.answer(bench.reset(4))
    assert not refused.ok and "no such task" in refused.message
    assert requests == [(3, "train", TASK), (4, "train", TASK)]


def test_it_waits_until_the_arm_is_armed_and_free(ros):
    bench = Bench(ros, scene_reset="none")
    bench.answers = [f"{DISARMED}: {BY_A_PERSON}", EPISODE, ""]
    future = bench.reset()
    assert ros.spin_until(lambda: any(DISARMED in w for w in bench.words))
    assert bench.answer(future).ok
    assert len(bench.goals) == 3 and not any(bench.question)


def test_an_arm_that_cannot_go_home_is_a_persons_matter(ros):
    bench = Bench(ros, scene_reset="none")
    bench.answers = ["no safe way to the pose was found: move the arm by hand", ""]
    future = bench.reset()
    assert bench.asked("the arm is not home: no safe way")
    assert bench.confirm().success
    assert bench.answer(future).ok and len(bench.goals) == 2


def test_a_newer_reset_takes_the_place_of_one_that_waits(ros):
    bench = Bench(ros)
    first = bench.reset(1)
    assert bench.asked("layout 1")
    second = bench.reset(2)
    old = bench.answer(first)
    assert not old.ok and old.message == SUPERSEDED
    assert bench.asked("layout 2")
    assert bench.confirm().success
    assert bench.answer(second).ok


class Impatient:
    """The caller that a trainer uses, with little patience, in its thread."""

    def __init__(self, ros, patience):
        node = ros.node("impatient")
        self.said, self.ended = [], []
        client = ResetClient(node, Caller(node, threading.Event(), self.said.append))
        request = Reset.Request(seed=1, split="train", task=TASK)

        def call():
            try:
                client.call(request, 5.0, patience)
                self.ended.append(client.took)
            except (Unanswered, Refused) as error:
                self.ended.append(error)

        self.thread = threading.Thread(target=call, daemon=True)
        self.thread.start()


def test_a_caller_stays_while_a_person_is_waited_for(ros):
    bench = Bench(ros)
    caller = Impatient(ros, patience=2.5)
    assert bench.asked("set the objects up")
    ros.spin_for(3.5)
    assert not caller.ended
    assert any("waiting for a person" in word for word in caller.said)
    bench.confirm()
    assert ros.spin_until(lambda: caller.ended) and caller.ended[0] > 3.5


def test_a_caller_does_not_wait_for_a_node_that_died(ros):
    bench = Bench(ros)
    caller = Impatient(ros, patience=1.5)
    assert bench.asked("set the objects up")
    ros.executor.remove_node(bench.node)
    assert ros.spin_until(lambda: caller.ended, 6.0)
    assert isinstance(caller.ended[0], Unanswered)


def test_the_terminal_shows_the_question_and_sends_the_confirmation(ros):
    bench = Bench(ros)
    shown, typed = [], []
    desk = ResetDesk(bench.tester, shown.append, lambda: typed.pop() if typed else None)
    future = bench.reset()

    def confirmed():
        desk.serve()
        return future.done()

    assert not ros.spin_until(confirmed, 1.5)
    assert len(shown) == 1 and TASK in shown[0] and "fmac reset done" in shown[0]
    typed.append("\n")
    assert ros.spin_until(confirmed)
    assert future.result().ok


def test_another_terminal_confirms(ros):
    bench = Bench(ros)
    future = bench.reset()
    assert bench.asked("set the objects up")
    command = [sys.executable, "-m", "fmac_ros.cli.main", "reset", "done"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as done:
        assert ros.spin_until(lambda: done.poll() is not None, 30.0)
        assert done.returncode == 0
        assert "confirmed: set the objects up" in done.stdout.read()
    assert bench.answer(future).ok


@pytest.mark.parametrize("kind", ["sometimes", ""])
def test_an_unknown_way_to_reset_is_refused(ros, kind):
    with pytest.raises(ValueError, match="valid: person, none, paired, service"):
        ros.add(ResetNode, scene_reset=kind)
