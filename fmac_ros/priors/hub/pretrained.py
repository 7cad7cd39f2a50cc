"""Loading of a transformers model: whole, safe, on the right device, and once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch

from fmac_ros.devices import pick_device
from fmac_ros.priors.hub.errors import hub_errors
from fmac_ros.priors.hub.loading import HubOptions, pick_dtype, quantisation_config

# Nothing pickled, no code of the repository, no second look at the network.
SAFE = {"use_safetensors": True, "trust_remote_code": False, "local_files_only": True}


@dataclass(eq=False)
class Pretrained:
    """A model ready to answer.

    Attributes:
        model: in evaluation mode, on its device.
        folder: the directory it came from, with its processor.
        lock: held while the model runs: some keep notes of a call in themselves or move their
            weights about, and those who share one ask from several threads.
    """

    model: Any
    folder: Path
    lock: threading.Lock = field(default_factory=threading.Lock)

    def inputs(self, features: Any) -> Any:
        """Features as the model takes them: its device, and for floats its precision."""
        return features.to(self.model.device, dtype=self.model.dtype)


# Value and success of one model share its memory; it goes when the last of them goes.
_LOADED: WeakValueDictionary[tuple, Pretrained] = WeakValueDictionary()


def load_pretrained(kind: Any, options: HubOptions) -> Pretrained:
    """Load a model, or return the one already loaded.

    Args:
        kind: an ``AutoModel...`` class of transformers.
        options: which model, where and how.

    Raises:
        FileNotFoundError: the model or a file of it is missing; says how to get it.
        ValueError: its files are damaged, incomplete, or of another kind of model.
    """
    folder = options.find()
    place = (options.dtype, options.device, options.offload, options.quantisation)
    key = (kind, folder, *place)
    loaded = _LOADED.get(key)
    if loaded is None:
        with hub_errors(options.model):
            loaded = Pretrained(_load(kind, folder, options), folder)
        _LOADED[key] = loaded
    return loaded


def _load(kind: Any, folder: Path, options: HubOptions) -> Any:
    device = pick_device(options.device)
    placed = _placement(options, device)
    dtype = pick_dtype(options.dtype, device)
    model, report = kind.from_pretrained(
        folder, dtype=dtype, output_loading_info=True, **SAFE, **placed
    )
    absent = sorted(report["missing_keys"])
    if absent:  # they would be random numbers
        raise ValueError(
            f"weights in {folder} lack {len(absent)} tensors of {type(model).__name__}, such as"
            f" {absent[0]}: they are incomplete or of another kind of model"
        )
    return model.eval() if placed else model.to(device).eval()


def _placement(options: HubOptions, device: torch.device) -> dict[str, Any]:
    """What places weights while they load; without it the model is moved afterwards."""
    placed: dict[str, Any] = {}
    if options.quantisation != "none":
        placed["quantization_config"] = quantisation_config(options)
        placed["device_map"] = {"": str(device)}
    if options.offload == "auto":
        placed["device_map"] = "auto"
    return placed
