"""Light visuals: rewrites a URDF so that every visual mesh has few faces.

A software renderer spends nine tenths of a frame on the vendor's meshes, which at the
size the priors see cannot be told from decimated ones.
"""

from __future__ import annotations

import hashlib
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote, urlparse

import fast_simplification
import numpy as np
import trimesh

from fmac_ros.paths import cache_dir

FACES = 160


def lighten(urdf_text: str, faces: int = FACES) -> Path:
    """Write a copy of a URDF with decimated visual meshes and return its path.

    Args:
        urdf_text: the URDF, its meshes named by ``file://`` or absolute path.
        faces: the most faces a visual mesh keeps.

    Raises:
        FileNotFoundError: a mesh that the URDF names is missing.
    """
    folder = cache_dir() / "meshes"
    folder.mkdir(parents=True, exist_ok=True)
    root = ElementTree.fromstring(urdf_text)
    for kind in ("visual", "collision"):
        for mesh in root.iterfind(f".//{kind}/geometry/mesh"):
            path = _resolve(mesh.attrib["filename"])
            light = _decimated(path, folder, faces) if kind == "visual" else path
            mesh.attrib["filename"] = str(light)
    text = ElementTree.tostring(root, encoding="unicode")
    target = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.urdf"
    _write_atomically(target, text.encode())
    return target


def _resolve(name: str) -> Path:
    path = Path(unquote(urlparse(name).path) if name.startswith("file://") else name)
    if not path.is_file():
        raise FileNotFoundError(f"mesh {name!r} of the URDF is not at {path}")
    return path


def _decimated(path: Path, folder: Path, faces: int) -> Path:
    key = hashlib.sha256(f"{path}:{path.stat().st_size}:{faces}".encode()).hexdigest()[:16]
    target = folder / f"{path.stem}-{key}.obj"
    if not target.is_file():
        loaded = trimesh.load(path, force="mesh")
        if not isinstance(loaded, trimesh.Trimesh):
            raise ValueError(f"{path} holds no mesh, valid: a file with triangles")
        _write_atomically(target, _obj(*_simplify(loaded, faces)).encode())
    return target


def _simplify(mesh: trimesh.Trimesh, faces: int) -> tuple[np.ndarray, np.ndarray]:
    mesh.merge_vertices(merge_norm=True, merge_tex=True)
    vertices, triangles = np.asarray(mesh.vertices, np.float32), np.asarray(mesh.faces, np.int32)
    if len(triangles) <= faces:
        return vertices, triangles
    return fast_simplification.simplify(vertices, triangles, target_count=faces)


def _obj(vertices: np.ndarray, triangles: np.ndarray) -> str:
    """Wavefront text with one flat normal per face, which the renderer needs for shading."""
    corners = vertices[triangles]  # (f, 3, 3)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    lines = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in vertices]
    lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals]
    lines += [
        f"f {a + 1}//{i + 1} {b + 1}//{i + 1} {c + 1}//{i + 1}"
        for i, (a, b, c) in enumerate(triangles)
    ]
    return "\n".join(lines) + "\n"


def _write_atomically(target: Path, data: bytes) -> None:
    # Several processes may start at once on an empty cache.
    partial = target.with_suffix(f".{os.getpid()}.part")
    partial.write_bytes(data)
    partial.replace(target)
