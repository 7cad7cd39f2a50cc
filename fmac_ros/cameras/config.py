"""Camera files: which camera_nodes a real graph starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from fmac_ros.paths import config_dir

#: Entries of a camera that a file may hold beside ``name`` and ``source``, with their types.
OPTIONAL: dict[str, tuple[type, ...]] = {
    "calibration": (str,),
    "frame_id": (str,),
    "width": (int,),
    "height": (int,),
    "fps": (int, float),
    "loop": (bool,),
    "compressed": (bool,),
    "frozen_after": (int, float),
}
_FLOATS = ("fps", "frozen_after")


def find_cameras(file: str) -> tuple[dict[str, Any], ...]:
    """``load_cameras`` of a file; a bare name is looked up in config/cameras, no name is none."""
    if not file:
        return ()
    path = Path(file)
    shipped = config_dir() / "cameras" / path.name
    return load_cameras(shipped if not path.exists() and path.name == file else path)


def load_cameras(path: Path) -> tuple[dict[str, Any], ...]:
    """Read a camera file: the parameters of one camera_node per entry.

    A calibration, and a source that is a file beside it, are relative to the camera file.

    Raises:
        ValueError: the file cannot be read or an entry is not valid; names the key.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"camera file {path} cannot be read: {error}") from error
    entries = data.get("cameras") if isinstance(data, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"camera file {path} has no list 'cameras'")
    cameras = tuple(_camera(path, number, entry) for number, entry in enumerate(entries))
    names = [camera["camera"] for camera in cameras]
    if len(set(names)) < len(names):
        raise ValueError(f"camera file {path}: a name occurs twice in {', '.join(names)}")
    return cameras


def _camera(path: Path, number: int, entry: Any) -> dict[str, Any]:
    where = f"camera file {path}, camera {number}"
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is {entry!r}, valid: a table with name and source")
    unknown = set(map(str, entry)) - {"name", "source", *OPTIONAL}
    if unknown:
        valid = ", ".join(("name", "source", *OPTIONAL))
        raise ValueError(f"{where}: unknown key {', '.join(sorted(unknown))}, valid: {valid}")
    name, source = entry.get("name"), entry.get("source")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"{where}: name is {name!r}, valid: a ROS name, small letters")
    if type(source) not in (str, int) or source == "":
        raise ValueError(f"{where}: source is {source!r}, valid: a number, path or URL")
    values = {key: _value(where, key, entry[key]) for key in OPTIONAL if key in entry}
    if "calibration" in values:
        values["calibration"] = str(path.parent.absolute() / values["calibration"])
    beside = path.parent.absolute() / str(source)
    return {"camera": name, "source": str(beside if beside.is_file() else source), **values}


def _value(where: str, key: str, value: Any) -> Any:
    if type(value) not in OPTIONAL[key]:
        valid = " or ".join(kind.__name__ for kind in OPTIONAL[key])
        raise ValueError(f"{where}: {key} is {value!r}, valid: {valid}")
    return float(value) if key in _FLOATS else value
