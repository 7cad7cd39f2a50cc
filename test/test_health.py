"""Each check of ``fmac doctor`` passes or says what it found; the command says what to do."""

from __future__ import annotations

import argparse
from collections import namedtuple
from pathlib import Path

import pytest

from fmac_ros import health
from fmac_ros.cli import doctor
from fmac_ros.health import Check, Unhealthy

Usage = namedtuple("Usage", "total used free")


def failing() -> str:
    """A check that never passes."""
    raise Unhealthy("it is [broken]")


def run_doctor(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> int:
    """Run the command with other checks."""
    monkeypatch.setattr(doctor, "CHECKS", checks)
    return doctor.run(argparse.Namespace())


def test_all_passed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_doctor(monkeypatch, Check("weather", lambda: "sunny", "wait")) == 0
    assert "weather: sunny" in capsys.readouterr().out


def test_a_failure_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = Check("weather", lambda: "sunny", "wait"), Check("roof", failing, "mend [it]")
    assert run_doctor(monkeypatch, *checks) == doctor.EXIT_UNHEALTHY
    printed = capsys.readouterr().out
    assert "roof: it is [broken]" in printed
    assert "mend [it]" in printed
    assert "1 of 2 checks failed" in printed


@pytest.mark.parametrize("version", [(3, 9), (3, 13)])
def test_wrong_python(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]) -> None:
    monkeypatch.setattr(health.sys, "version_info", (*version, 0))
    with pytest.raises(Unhealthy, match=f"{version[0]}.{version[1]} at "):
        health.python_version()


def test_a_process_that_dies_is_a_finding() -> None:
    with pytest.raises(Unhealthy, match="no module of this name"):
        health.run_python("-c", "raise ImportError('no module of this name')")
    with pytest.raises(Unhealthy, match="exit code -9"):
        health.run_python("-c", "import os; os.kill(os.getpid(), 9)")


def test_a_process_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", 0.2)
    with pytest.raises(Unhealthy, match="no answer"):
        health.run_python("-c", "import time; time.sleep(30)")


@pytest.mark.parametrize("check", [health.disk, health.shared_memory])
def test_no_room(monkeypatch: pytest.MonkeyPatch, check: object) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda place: Usage(0, 0, 1e6))
    assert callable(check)
    with pytest.raises(Unhealthy, match="free at"):
        check()


def test_missing_and_truncated_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(health, "package_dir", lambda: tmp_path)
    with pytest.raises(Unhealthy, match="no weights of the encoder prior"):
        health.weights()
    for name in health.PRIORS:
        folder = tmp_path / "weights" / name
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"version https://git-lfs")
    with pytest.raises(Unhealthy, match="is not a safetensors file"):
        health.weights()
