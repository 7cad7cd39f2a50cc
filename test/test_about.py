"""What a benchmark says of its machine."""

from __future__ import annotations

from pathlib import Path

from fmac_ros.bench.about import gpus, machine


def test_gpus_are_named_as_their_driver_tells_them(tmp_path: Path) -> None:
    for number, name in enumerate(("NVIDIA H200", "NVIDIA L4")):
        folder = tmp_path / f"0000:0{number}:06.0"
        folder.mkdir()
        text = f"Model: \t\t {name}\nIRQ:   \t\t 11\nGPU UUID: \t GPU-1\n"
        (folder / "information").write_text(text)
    assert gpus(tmp_path) == ["NVIDIA H200", "NVIDIA L4"]


def test_a_machine_without_gpus_has_none(tmp_path: Path) -> None:
    assert gpus(tmp_path / "none") == []
    assert set(machine()) == {"processor", "cores", "memory_gb", "gpus", "system"}
