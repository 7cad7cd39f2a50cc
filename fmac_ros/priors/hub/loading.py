"""What all hub backends share: which model, where it runs, in which precision."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import torch

from fmac_ros.devices import pick_device
from fmac_ros.priors.hub.checks import check_choice, check_count, check_number, check_text
from fmac_ros.priors.hub.errors import hub_errors
from fmac_ros.priors.hub.files import (
    PATTERNS,
    check_files,
    check_safetensors,
    find_model,
    version_of_model,
)

__all__ = [
    "PATTERNS",
    "HubOptions",
    "check_choice",
    "check_count",
    "check_files",
    "check_number",
    "check_safetensors",
    "check_text",
    "find_model",
    "hub_errors",
    "need_package",
    "pick_dtype",
    "quantisation_config",
    "version_of_model",
]

DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class HubOptions:
    """Options of every hub backend.

    Attributes:
        model: a directory, or a hub id ``owner/name``.
        revision: branch, tag or commit at the hub; "" is the main branch.
        dtype: one of ``DTYPES``; ``auto`` is as stored, and float32 on a CPU.
        device: ``cpu``, ``auto`` (an accelerator where there is one) or a name of torch's.
        offload: where weights wait that do not fit, one of ``OFFLOADS``.
        quantisation: precision of the weights in memory, one of ``QUANTISATIONS``.
    """

    OFFLOADS: ClassVar[tuple[str, ...]] = ("none", "auto")
    QUANTISATIONS: ClassVar[tuple[str, ...]] = ("none", "int8", "int4")

    model: str
    revision: str = ""
    dtype: str = "auto"
    device: str = "cpu"
    offload: str = "none"
    quantisation: str = "none"

    def __post_init__(self) -> None:
        for name in ("model", "revision", "device"):
            check_text(name, getattr(self, name))
        check_choice("dtype", self.dtype, DTYPES)
        check_choice("offload", self.offload, self.OFFLOADS)
        check_choice("quantisation", self.quantisation, self.QUANTISATIONS)
        if not self.model:
            raise ValueError("model is empty, valid: a directory or a hub id owner/name")
        if self.offload != "none":
            need_package("accelerate", f"offload {self.offload!r}")
        if self.quantisation != "none":
            need_package("accelerate", f"quantisation {self.quantisation!r}")
            need_package("bitsandbytes", f"quantisation {self.quantisation!r}")
        device = pick_device(self.device)
        if self.offload != "none" and device.type == "cpu":
            raise ValueError(f"offload {self.offload!r} with device {self.device!r}, valid: a GPU")

    def find(self, config: str = "config.json") -> Path:
        """The model's directory, downloaded where needed, its files checked."""
        return check_files(find_model(self.model, self.revision), config)


def need_package(package: str, what: str) -> None:
    """Raise ValueError where an optional package is not installed."""
    if find_spec(package) is None:
        raise ValueError(f"{what} needs the package {package}: pip install {package}")


def pick_dtype(name: str, device: torch.device) -> torch.dtype | str:
    """What ``from_pretrained`` takes as the precision: a torch type, or "auto" (as stored)."""
    if name != "auto":
        return getattr(torch, name)
    return torch.float32 if device.type == "cpu" else "auto"


def quantisation_config(options: HubOptions) -> Any:
    """The bitsandbytes configuration of transformers, None without quantisation."""
    if options.quantisation == "none":
        return None
    from transformers import BitsAndBytesConfig

    if options.quantisation == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
