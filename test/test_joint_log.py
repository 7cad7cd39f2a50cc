"""The record of joint commands, and what is found in it."""

from __future__ import annotations

import numpy as np
import pytest

from fmac_ros.drivers.franka.joint_log import TICK, JointLog, extremes, read, sessions


def written(tmp_path, messages, positions):
    log = JointLog(tmp_path / "joints.bin")
    for message, position in zip(messages, positions, strict=True):
        log.write(message, np.full(7, position), np.full(7, position + 0.01))
    log.close()
    return read(tmp_path / "joints.bin")


def test_derivatives_are_those_of_the_motion(tmp_path):
    messages = np.arange(1, 5001)
    times = messages * TICK
    rows = written(tmp_path, messages, 0.3 * np.sin(2 * times))
    found = extremes(rows)
    assert found.commands == 5000 and found.skipped == 0
    assert found.velocity == pytest.approx(0.6, rel=1e-3)
    assert found.acceleration == pytest.approx(1.2, rel=1e-3)
    assert found.jerk == pytest.approx(2.4, rel=1e-2)
    assert found.tracking == pytest.approx(0.01)
    assert found.lower == pytest.approx(-0.3, abs=1e-3)


def test_messages_without_a_command_count_in_the_time(tmp_path):
    messages = np.delete(np.arange(1, 1001), np.arange(100, 900, 50))
    rows = written(tmp_path, messages, 0.5 * messages * TICK)
    for bridged in (False, True):
        found = extremes(rows, bridged)
        assert found.skipped == 16 and found.longest_wait == 1
        assert found.velocity == pytest.approx(0.5)
        assert found.acceleration == pytest.approx(0.0, abs=1e-6)


def test_a_step_across_a_late_message_is_told_apart(tmp_path):
    messages = np.delete(np.arange(1, 201), 100)
    rows = written(tmp_path, messages, np.where(messages > 100, 0.01, 0.0))
    assert extremes(rows).velocity == pytest.approx(0.0)
    assert extremes(rows, bridged=True).velocity == pytest.approx(5.0)


def test_a_jump_is_found(tmp_path):
    messages = np.arange(1, 101)
    rows = written(tmp_path, messages, np.where(messages < 50, 0.0, 0.01))
    assert extremes(rows).jerk == pytest.approx(2 * 0.01 / TICK**3)


def test_a_new_connection_is_no_jump(tmp_path):
    messages = np.concatenate([np.arange(1, 101), np.arange(1, 101), np.arange(500, 600)])
    rows = written(tmp_path, messages, np.repeat([0.0, 0.5, 1.0], 100))
    assert [len(part) for part in sessions(rows)] == [100, 100, 100]
    assert extremes(rows).velocity == pytest.approx(0.0)


def test_a_record_without_motion_is_told(tmp_path):
    with pytest.raises(ValueError, match="no motion"):
        extremes(written(tmp_path, [], []))
