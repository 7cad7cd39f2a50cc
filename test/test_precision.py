"""bfloat16 is used where the processor has instructions for it, and is close enough there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fmac_ros.learning.networks import Detector
from fmac_ros.precision import has_fast_bfloat16


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("flags : fpu avx512_bf16", True), ("Features : asimd bf16", True), ("flags : avx2", False)],
)
def test_bfloat16_only_where_it_is_fast(tmp_path: Path, flags: str, expected: bool) -> None:
    cpu_info = tmp_path / "cpuinfo"
    assert not has_fast_bfloat16(cpu_info)
    cpu_info.write_text(f"processor : 0\nmodel name : bf16\n{flags}\n")
    assert has_fast_bfloat16(cpu_info) is expected


def test_a_rough_look_is_close_and_never_learned_from() -> None:
    torch.manual_seed(0)
    detector = Detector((4, 8, 16), 8, 16, 16)
    latents = torch.randn(32, 4, 8, 16)
    with torch.no_grad():
        exact = detector(latents)
        detector.rough = True
        rough = detector(latents)
    assert rough.dtype == torch.float32 and not torch.equal(rough, exact)
    error = (rough - exact).square().mean().sqrt()
    assert error < 0.02 * exact.std(0).mean()
    assert torch.equal(detector(latents), exact), "what a gradient passes through stays exact"
