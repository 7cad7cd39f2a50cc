"""The supervisor with tiny Python children in place of nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fmac_ros.graph import RESPAWN_LIMIT, NodeSpec
from fmac_ros.supervisor import GraphFailed, Supervisor, describe_exit

SLEEPER = "import time; time.sleep(60)"
SAVER = """
import signal, sys, time
def save(*_):
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, save)
print("ready", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""


def supervise(tmp_path: Path, scripts: dict[str, str], said: list[str]) -> Supervisor:
    """Scripts by node name; ``trainer`` ends the graph and needs all others."""
    others = tuple(name for name in scripts if name != "trainer")
    specs = [
        NodeSpec(name, name, {}, others if name == "trainer" else (), name == "trainer")
        for name in scripts
    ]

    def command(spec: NodeSpec) -> list[str]:
        return [sys.executable, "-S", "-c", scripts[spec.name]]

    return Supervisor(specs, command, tmp_path, os.environ, said.append)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_clean_exit_of_the_trainer_ends_the_graph(tmp_path: Path) -> None:
    said: list[str] = []
    with supervise(tmp_path, {"sim": SLEEPER, "trainer": "pass"}, said) as supervisor:
        sim = supervisor.pids["sim"]
        supervisor.wait(lambda: None)
    assert not is_alive(sim)
    assert said == []


def test_killed_node_is_started_again_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    with supervise(tmp_path, {"sim": SLEEPER, "trainer": SLEEPER}, said) as supervisor:
        first = supervisor.pids["sim"]
        os.kill(first, signal.SIGKILL)
        until(lambda: not is_alive(first))

        def end_once_sim_is_back() -> None:
            if said:
                assert supervisor.pids["sim"] != first
                raise StopIteration

        with pytest.raises(StopIteration):
            supervisor.wait(end_once_sim_is_back, interval_s=0.05)
    assert said == [
        "sim was killed (SIGKILL); starting it again (1 of 3); trainer will wait for it"
    ]


def test_node_that_keeps_dying_fails_the_graph_with_its_log(tmp_path: Path) -> None:
    said: list[str] = []
    scripts = {"sim": "raise SystemExit('no camera')", "trainer": SLEEPER}
    message = "sim exited with code 1 and stays down(.|\n)*no camera"
    with (
        pytest.raises(GraphFailed, match=message),
        supervise(tmp_path, scripts, said) as supervisor,
    ):
        supervisor.wait(lambda: None)
    assert len(said) == RESPAWN_LIMIT


def test_bad_parameters_fail_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        pytest.raises(GraphFailed, match="exited with code 2"),
        supervise(tmp_path, {"trainer": "raise SystemExit(2)"}, said) as supervisor,
    ):
        supervisor.wait(lambda: None)
    assert said == []


def test_interrupt_gives_nodes_time_to_save(tmp_path: Path) -> None:
    log = tmp_path / "trainer.log"
    with supervise(tmp_path, {"trainer": SAVER}, []):
        until(lambda: "ready" in log.read_text())
    assert log.read_text().split() == ["ready", "saved"]


def test_stubborn_node_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.1), (signal.SIGKILL, 5.0))
    monkeypatch.setattr("fmac_ros.supervisor.ESCALATION", quick)
    with supervise(tmp_path, {"trainer": STUBBORN}, []) as supervisor:
        until(lambda: "ready" in (tmp_path / "trainer.log").read_text())
        pid = supervisor.pids["trainer"]
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent death signal")
def test_no_orphans_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    program = f"""
import os, sys, time
from pathlib import Path
from fmac_ros.graph import NodeSpec
from fmac_ros.supervisor import Supervisor
command = lambda spec: [sys.executable, "-S", "-c", {SLEEPER!r}]
specs, logs = [NodeSpec("sim", "sim", {{}})], Path({str(tmp_path)!r})
with Supervisor(specs, command, logs, os.environ, print) as s:
    print(s.pids["sim"], flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        orphan = int(process.stdout.readline())
        assert is_alive(orphan)
        process.kill()
    until(lambda: not is_alive(orphan))


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited with code 0"), (-9, "was killed (SIGKILL)"), (-200, "was killed (signal 200)")],
)
def test_exit_codes_in_words(code: int, words: str) -> None:
    assert describe_exit(code) == words


def test_second_interrupt_does_not_wait_for_a_stubborn_node(tmp_path: Path) -> None:
    said: list[str] = []
    log = tmp_path / "trainer.log"
    with supervise(tmp_path, {"trainer": STUBBORN}, said) as supervisor:
        until(lambda: "ready" in log.read_text())
        for seconds in (0.3, 0.6):
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
        began = time.monotonic()
        pid = supervisor.pids["trainer"]
        supervisor.stop()
    assert time.monotonic() - began < 5.0
    assert not is_alive(pid)
    assert said == ["not waiting any longer for trainer"] * 2
