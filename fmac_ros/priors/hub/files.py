"""A model's files: found at the hub or in a directory, and checked before anything is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import snapshot_download
from safetensors import SafetensorError, safe_open

from fmac_ros.priors.hub.errors import hub_errors

# Configuration, tokenizer, chat template and safe weights; never pickled weights, never code.
PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack", ".h5")
SAMPLES, SAMPLE_SIZE = 32, 1 << 16  # [bytes], what a fingerprint reads of each file


def find_model(model: str, revision: str = "", patterns: Sequence[str] = PATTERNS) -> Path:
    """Return the directory of a model: ``model`` itself, or the hub's, downloaded where needed.

    Args:
        model: a directory or a hub id ``owner/name``.
        revision: branch, tag or commit at the hub; "" is the main branch.
        patterns: the files to download.

    Raises:
        FileNotFoundError: there is no such model, or it cannot be had; says how to get it.
    """
    if Path(model).expanduser().is_dir():
        return Path(model).expanduser().resolve()
    if model.count("/") != 1 or model.startswith((".", "/", "~")):
        raise FileNotFoundError(f"no model at {model!r}, valid: a directory or a hub id owner/name")
    with hub_errors(model):
        return Path(
            snapshot_download(model, revision=revision or None, allow_patterns=list(patterns))
        )


def check_files(folder: Path, config: str = "config.json") -> Path:
    """Return ``folder`` if it holds ``config`` and whole safetensors, at any depth.

    Raises:
        FileNotFoundError: a file is missing; says which.
        ValueError: weights are pickled, cut short or damaged; says which file.
    """
    if not (folder / config).is_file():
        raise FileNotFoundError(f"no {config} in {folder}, valid: a directory that holds a model")
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise _no_weights(folder)
    for index in folder.rglob("*.safetensors.index.json"):
        _check_shards(index)
    for path in weights:
        check_safetensors(path)
    return folder


def check_safetensors(path: Path) -> None:
    """Refuse a file that is cut short or is something else, without reading its tensors."""
    try:
        with safe_open(path, framework="pt"):
            pass
    except SafetensorError as error:
        raise ValueError(f"{path} is cut short or is not safetensors: {error}") from error


def version_of_model(folder: Path) -> str:
    """The hub's commit, or for other directories a fingerprint of samples of the weights."""
    if folder.parent.name == "snapshots":
        return folder.name[:12]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.safetensors")):
        size = path.stat().st_size
        digest.update(size.to_bytes(8, "big"))
        with path.open("rb") as file:
            for sample in range(SAMPLES):
                file.seek(size * sample // SAMPLES)
                digest.update(file.read(SAMPLE_SIZE))
    return digest.hexdigest()[:12]


def _check_shards(index: Path) -> None:
    try:
        names = set(json.loads(index.read_text())["weight_map"].values())
    except (json.JSONDecodeError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(f"{index} is not an index of weights: {error!r}") from error
    missing = sorted(name for name in names if not (index.parent / name).is_file())
    if missing:
        raise FileNotFoundError(f"{index.parent} lacks {', '.join(missing)}, download it again")


def _no_weights(folder: Path) -> Exception:
    pickled = sorted(path.name for path in folder.rglob("*") if path.suffix in PICKLED)
    if not pickled:
        return FileNotFoundError(f"no weights in {folder}, valid: one or more .safetensors files")
    return ValueError(
        f"{folder} holds {pickled[0]} and no .safetensors; pickled weights can run code and are"
        " never loaded: ask for a revision with safetensors, or convert them where they are trusted"
    )
