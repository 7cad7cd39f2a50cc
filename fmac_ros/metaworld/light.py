"""A copy of a MuJoCo model to be drawn, with fewer faces; the physics keeps the original.

The arm's meshes are two thirds of the time of a picture, and at the size that the priors see the
copy can hardly be told from them.
"""

from __future__ import annotations

import copy
from typing import Any

import fast_simplification
import numpy as np

FACES = 1200  # with half as many, gaps open between the arm's links


def lightened(model: Any, faces: int = FACES) -> Any:
    """A copy of ``model`` whose meshes have about ``faces`` faces each, or as few as they had."""
    light = copy.copy(model)
    for mesh in range(light.nmesh):
        if light.mesh_facenum[mesh] > faces and light.mesh_texcoordadr[mesh] < 0:
            _lighten(light, mesh, faces)
    return light


def _lighten(model: Any, mesh: int, faces: int) -> None:
    """Write a simpler mesh into the place of a mesh; the rest of the place is left unused."""
    vertices, triangles = _merged(*_read(model, mesh))
    vertices, triangles = fast_simplification.simplify(vertices, triangles, target_count=faces)
    room = min(model.mesh_vertnum[mesh], model.mesh_normalnum[mesh])
    if len(vertices) > room or len(triangles) > model.mesh_facenum[mesh]:
        return
    first = model.mesh_vertadr[mesh], model.mesh_normaladr[mesh], model.mesh_faceadr[mesh]
    of_vertices, of_normals = (slice(start, start + len(vertices)) for start in first[:2])
    of_faces = slice(first[2], first[2] + len(triangles))
    model.mesh_vert[of_vertices] = vertices
    model.mesh_normal[of_normals] = _normals(vertices, triangles)
    model.mesh_face[of_faces] = model.mesh_facenormal[of_faces] = triangles
    model.mesh_facenum[mesh] = len(triangles)


def _read(model: Any, mesh: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (v, 3) [m] and faces (f, 3) of a mesh."""
    vertex, face = model.mesh_vertadr[mesh], model.mesh_faceadr[mesh]
    vertices = model.mesh_vert[vertex : vertex + model.mesh_vertnum[mesh]]
    return vertices, model.mesh_face[face : face + model.mesh_facenum[mesh]]


def _merged(vertices: np.ndarray, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same surface with every place once, so that a simpler one has no gaps."""
    places, index = np.unique(vertices.round(6), axis=0, return_inverse=True)
    triangles = index.reshape(-1)[triangles].astype(np.int32)
    whole = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return places.astype(np.float32), triangles[whole]


def _normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(v, 3) of length 1: the mean of a vertex' faces, each by its area."""
    corners = vertices[triangles]  # (f, 3, 3)
    of_faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], of_faces)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
