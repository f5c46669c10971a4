"""Small scenes, and one renderer for the whole package."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import trimesh

from assets.model import AlphaMode, Material, Primitive
from assets.scene import Draw
from renderers.opengl import OpenGLRenderer, open_renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[OpenGLRenderer]:
    """Fails, and does not skip, where no OpenGL device can be opened."""
    opened = open_renderer()
    yield opened
    opened.close()


def primitive(mesh: trimesh.Trimesh, material: Material, **more: np.ndarray) -> Primitive:
    return Primitive(
        positions=np.asarray(mesh.vertices, np.float32),
        normals=np.array(mesh.vertex_normals, np.float32),
        indices=np.asarray(mesh.faces, np.uint32),
        material=material,
        **more,
    )


def at(x: float, y: float, z: float, size: float = 1.0) -> np.ndarray:
    matrix = np.diag([size, size, size, 1.0])
    matrix[:3, 3] = (x, y, z)
    return matrix


def ball(material: Material, x: float = 0.0, y: float = 0.5, z: float = 0.0, size: float = 0.5, **more) -> Draw:
    mesh = trimesh.creation.icosphere(4)
    return Draw(primitive=primitive(mesh, material), matrix=at(x, y, z, size), **more)


def card(material: Material, z: float = 0.0, side: float = 1.0, colors=None, tangents=None, **more) -> Draw:
    """An upright square that faces the front, with its texture the right way up."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) * side / 2
    square = Primitive(
        positions=corners,
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        indices=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        uv0=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
        colors=colors,
        tangents=tangents,
        material=material,
    )
    return Draw(primitive=square, matrix=at(0, 0, z), **more)


def linear(colour: str) -> tuple[float, float, float]:
    """Hex sRGB to linear light (IEC 61966-2-1)."""
    code = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in code)
    return r, g, b


def flat(colour: str, alpha: float = 1.0, **more) -> Material:
    """A material that is drawn as the hex says."""
    mode = AlphaMode.OPAQUE if alpha >= 1 else AlphaMode.BLEND
    return Material(base_color=(*linear(colour), alpha), alpha_mode=mode, unlit=True, **more)
