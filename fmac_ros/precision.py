"""Whether this processor multiplies in bfloat16 faster than in float32."""

from __future__ import annotations

from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
# Flags of processors with instructions for it; others emulate it, many times slower.
FLAGS = {"amx_bf16", "avx512_bf16", "bf16"}


def has_fast_bfloat16(cpu_info: Path = CPU_INFO) -> bool:
    """Return whether the first processor has such instructions; False where it cannot be told."""
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return bool(FLAGS & set(flags.split()))
