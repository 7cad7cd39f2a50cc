"""Starts the nodes of a graph as child processes, watches them, ends them.

The decisions (start again, end, fail) are ``graph.after_exit``'s; this file only does them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from fmac_ros.graph import RESPAWN_LIMIT, NodeSpec, after_exit

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# How to end a process, and for how long to wait [s]: a trainer saves for up to 30 s.
ESCALATION = ((signal.SIGINT, 40.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
POLL_S = 0.1
LOG_TAIL_LINES = 12

Command = Callable[[NodeSpec], Sequence[str]]


class GraphFailed(RuntimeError):
    """A node cannot be kept alive; the message names it and its log."""


@dataclass
class Child:
    """One node's process and how often it died."""

    spec: NodeSpec
    log: Path
    process: subprocess.Popen[bytes]
    deaths: int = field(default=0)


class Supervisor:
    """Runs the processes of one graph; use as a context manager so that none outlives it.

    Args:
        specs: the nodes.
        command: the command line of a node's process.
        log_dir: one ``<node>.log`` a node is appended to here.
        environment: environment of the children.
        say: told in one sentence whatever happens to a node.
        respawn_limit: how often a node is started again at most.
    """

    def __init__(
        self,
        specs: Sequence[NodeSpec],
        command: Command,
        log_dir: Path,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        respawn_limit: int = RESPAWN_LIMIT,
    ) -> None:
        self._specs = tuple(specs)
        self._command = command
        self._log_dir = log_dir
        self._environment = dict(environment)
        self._say = say
        self._respawn_limit = respawn_limit
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Supervisor:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        try:
            for spec in self._specs:
                log = self._log_dir / f"{spec.name}.log"
                self._children[spec.name] = Child(spec, log, self._start(spec, log))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of every node that runs."""
        running = (c for c in self._children.values() if c.process.poll() is None)
        return {child.spec.name: child.process.pid for child in running}

    def wait(self, every: Callable[[], None], interval_s: float = 0.5) -> None:
        """Watch until the node that ends the graph has ended, calling ``every`` meanwhile.

        Raises:
            GraphFailed: a node died more often than it is started again.
        """
        next_call = time.monotonic()
        while not self.look():
            if time.monotonic() >= next_call:
                every()
                next_call = time.monotonic() + interval_s
            time.sleep(POLL_S)
        every()

    def stop(self) -> None:
        """End all processes: SIGINT first, so that nodes save; SIGKILL last.

        Ctrl-C meanwhile goes on to the next signal at once.
        """
        for number, patience_s in ESCALATION:
            running = [c.process for c in self._children.values() if c.process.poll() is None]
            for process in running:
                process.send_signal(number)
            try:
                if _all_ended(running, patience_s):
                    return
            except KeyboardInterrupt:
                names = ", ".join(self.pids) or "nobody"
                self._say(f"not waiting any longer for {names}")

    def look(self) -> bool:
        """Handle whatever exited; True once the graph is over. Raises as :meth:`wait` does."""
        for child in self._children.values():
            code = child.process.poll()
            if code is None:
                continue
            verdict = after_exit(child.spec, code, child.deaths, self._respawn_limit)
            if verdict == "end":
                return True
            if verdict == "fail":
                raise GraphFailed(self._failure(child, code))
            self._respawn(child, code)
        return False

    def _respawn(self, child: Child, code: int) -> None:
        child.deaths += 1
        waiting = [s.name for s in self._specs if child.spec.name in s.needs]
        meanwhile = f"; {' and '.join(waiting)} will wait for it" if waiting else ""
        self._say(
            f"{child.spec.name} {describe_exit(code)}; starting it again "
            f"({child.deaths} of {self._respawn_limit}){meanwhile}"
        )
        child.process = self._start(child.spec, child.log)

    def _failure(self, child: Child, code: int) -> str:
        tail = child.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n  ".join(
            [f"{child.spec.name} {describe_exit(code)} and stays down; end of {child.log}:", *tail]
        )

    def _start(self, spec: NodeSpec, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return _spawn(self._command(spec), self._environment, output)


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], output: BinaryIO
) -> subprocess.Popen[bytes]:
    # A session of its own: a terminal's Ctrl-C reaches the supervisor alone, which then
    # sends each node exactly one SIGINT. A second one would interrupt a node that saves.
    return subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=partial(_prepare_child, os.getpid()),
    )


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def _prepare_child(parent: int) -> None:
    """In the child: hear SIGINT, and be killed when the supervisor is gone, however it went."""
    # A job started with & in a script ignores SIGINT, and so would everything below it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went between fork and prctl
        os._exit(1)


def _all_ended(processes: Sequence[subprocess.Popen[bytes]], patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
    return True


def describe_exit(code: int) -> str:
    """Say an exit code in words, ``was killed (SIGKILL)`` or ``exited with code 3``."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was killed ({signal.Signals(-code).name})"
    except ValueError:
        return f"was killed (signal {-code})"
