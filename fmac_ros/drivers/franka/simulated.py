"""A simulated FR3 that speaks the arm's network protocol: franky-sim, and what it leaves out.

- The arm reports velocity and acceleration of the positions that it is commanded, and goes on with
  constant acceleration while a command is late. franky-sim smooths the velocity over 20 ms,
  reports the measured acceleration and stands still meanwhile; a motion that replaces another
  one would start with the velocity of 20 ms ago.
- A reflex and a user stop can be set off; moves are refused until the client recovers.
- Every command can be recorded, see joint_log.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from fmac_ros.drivers.franka.joint_log import TICK, JointLog
from fmac_ros.drivers.franka.reference import Reference

MAX_LAG = 0.01  # [s] behind the wall clock before it is given up
CARTESIAN_REFLEX = 7  # index among the arm's errors


# Joint impedance of the simulated arm [N m/rad, N m s/rad]. franky-sim's own damping trails every
# motion by 0.1 s, and lets the light last joint tremble in its 1 ms steps.
STIFFNESS = (4500.0, 4500.0, 3500.0, 3500.0, 2000.0, 2000.0, 2000.0)
DAMPING = (120.0, 120.0, 80.0, 80.0, 30.0, 30.0, 30.0)


def pack(command: Any, message: int, target: np.ndarray) -> bytes:
    """A command of joint positions (7,) as a client sends it."""
    values = command(message_id=message, q_c=tuple(target))
    zeros = (*values.dq_c, *values.O_T_EE_c, *values.O_dP_EE_c, *values.elbow_c)
    packed: bytes = command.STRUCT.pack(
        message, *values.q_c, *zeros, False, False, *values.tau_J_d, False
    )
    return packed


def make_server(sim: Any, address: str, log: JointLog | None = None) -> Any:
    """A bound server of the one robot of ``sim``; OSError if the address is in use."""
    from franky_sim import franka_robot_protocol as protocol
    from franky_sim import franka_robot_server as base

    class Recovery(protocol.AutomaticErrorRecoveryCommand):
        def handle(self, server: Any) -> None:
            """Clear a reflex; a user stop is released by a person only."""
            self.reply(server.recover())

    class ArmServer(base.FrankaRobotServer):
        """The arm's server with the arm's own extrapolation, faults and a record of commands."""

        def __init__(self, robot: Any, hostnames: list[str]) -> None:
            self._fault: Any = None
            self._sent = 0  # states sent, which is the next one's message
            self._reference = Reference()
            super().__init__(robot, hostnames)

        def _reset_state(self) -> None:
            self._sent = 0
            self._reference = Reference()
            super()._reset_state()

        def start_motion(self, *arguments: Any) -> None:
            if self._fault is not None:
                raise ValueError("the arm must be recovered first")
            super().start_motion(*arguments)

        def stop_motion(self, send_preemption_signal: bool = True) -> None:
            self._reference = Reference()
            super().stop_motion(send_preemption_signal)

        def _process_udp_commands(self) -> None:
            before = self._reference.message
            super()._process_udp_commands()
            if self._reference.message == before > 0:
                ahead = self._reference.ahead(self._sent - 1)
                super()._handle_udp_command(pack(protocol.UDPCommand, self._sent, ahead[0]))

        def _handle_udp_command(self, data: bytes) -> None:
            command = protocol.UDPCommand.from_bytes(data)
            if command.message_id > 0 and not command.motion_generation_finished:
                target = np.array(command.q_c)
                self._reference.take(command.message_id, target)
                if log is not None:
                    log.write(command.message_id, target, np.array(self.robot.inner_state.q))
            super()._handle_udp_command(data)

        def _get_state_bytes(self) -> bytes:
            self._sent += 1
            packed: bytes = super()._get_state_bytes()
            return packed

        @property
        def robot_state(self) -> Any:
            state = super().robot_state
            changes: dict[str, Any] = {}
            if self._reference.message > 0:
                _, velocity, acceleration = self._reference.ahead(self._sent - 1)
                changes |= {"dq_d": tuple(velocity), "ddq_d": tuple(acceleration)}
            if self._fault is not None:
                errors = [False] * len(state.errors)
                errors[CARTESIAN_REFLEX] = self._fault == protocol.RobotMode.kReflex
                changes |= {"robot_mode": self._fault, "errors": tuple(errors)}
                changes["reflex_reason"] = tuple(errors)
            return state.replace(**changes)

        def reflex(self) -> None:
            """Stop as the arm does when it meets something hard."""
            self._abort(protocol.RobotMode.kReflex, protocol.MoveStatus.kReflexAborted)

        def user_stop(self) -> None:
            """Press the stop button, or release it."""
            if self._fault == protocol.RobotMode.kUserStopped:
                self._fault = None
                return
            stopped = protocol.MoveStatus.kPreemptedDueToActivatedSafetyFunctions
            self._abort(protocol.RobotMode.kUserStopped, stopped)

        def _abort(self, mode: Any, status: Any) -> None:
            self._fault = mode
            motion = self.current_motion_id
            self.stop_motion(send_preemption_signal=False)
            if motion:
                protocol.BaseCommand.send_response(
                    self._tcp_socket, protocol.RobotCommand.kMove, motion, status
                )
                self.reset_current_motion_id()

        def recover(self) -> Any:
            """What the arm answers to an error recovery."""
            answers = protocol.AutomaticErrorRecoveryStatus
            if self._fault == protocol.RobotMode.kUserStopped:
                return answers.kCommandRejectedDueToActivatedSafetyFunctions
            self._fault = None
            return answers.kSuccess

    before = base.AutomaticErrorRecoveryCommand
    base.AutomaticErrorRecoveryCommand = Recovery  # the base class builds its table from it
    try:
        server = ArmServer(sim.robots[0], [address])
    finally:
        base.AutomaticErrorRecoveryCommand = before
    server.init()
    return server


def run(
    address: str,
    home: np.ndarray,
    log: JointLog | None,
    each_tick: Callable[[Any], bool],
    started: Callable[[], None] = lambda: None,
) -> float:
    """Simulate an arm at ``home`` (7,) [rad] in real time until ``each_tick(server)`` is false.

    Returns:
        simulated per wall time.

    Raises:
        ImportError: franky-sim is not installed.
        OSError: the address is in use.
    """
    from franky_sim.mujoco_simulator import MujocoSimulator

    with MujocoSimulator() as sim:
        start = [float(value) for value in home]
        sim.add_robot(initial_q=start, kp=STIFFNESS, kv=DAMPING)
        server = make_server(sim, address, log)
        try:
            sim.start()
            started()
            return _loop(sim, server, each_tick)
        finally:
            server.cleanup()


def _loop(sim: Any, server: Any, each_tick: Callable[[Any], bool]) -> float:
    begin = due = time.monotonic()
    ticks = 0
    while each_tick(server):
        server.process_commands()
        sim.step()
        server.send_state()
        ticks += 1
        due += TICK
        now = time.monotonic()
        if due > now:
            time.sleep(due - now)
        elif now - due > MAX_LAG:
            due = now
    return ticks * TICK / max(time.monotonic() - begin, TICK)
