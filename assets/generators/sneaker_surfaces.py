"""What a trainer is made of: grained leather, suede, textile, rubber with a tread."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from assets.generators.fabric_files import jpeg, normals
from assets.generators.fabric_naps import suede
from assets.generators.fabric_skins import leather
from assets.generators.fabric_swatch import Array, Swatch, grid, smooth
from assets.images import probe
from assets.model import Material, Texture


def relief(name: str, swatch: Swatch, repeat_mm: float, quality: int = 60) -> Texture:
    """The normal map of a swatch, repeated at its true size on a model with 1 UV unit a metre."""
    held = probe(jpeg(normals(swatch.height, repeat_mm), quality, vectors=True), name=f"{name}-normal")
    return Texture(image=held, scale=(1000.0 / repeat_mm, 1000.0 / repeat_mm))


def herringbone_tread(size: int = 128) -> Swatch:
    """Ribs in zigzag, as under court shoes: 12 mm from crest to crest of the zigzag, ribs every 4 mm."""
    u, v = grid(size)
    zigzag = np.abs(2 * (u - np.floor(u)) - 1)
    phase = (v * 3 + zigzag) % 1.0
    height = 1.2 * np.clip(3 * np.abs(2 * phase - 1) - 0.9, 0, 1)
    return _plain(height, size)


def mesh_textile(size: int = 128) -> Swatch:
    """A spacer fabric's face: small hexagonal cells, 3 mm apart."""
    u, v = grid(size)
    a = np.cos(2 * np.pi * 4 * u)
    b = np.cos(2 * np.pi * (2 * u + 4 * v))
    c = np.cos(2 * np.pi * (2 * u - 4 * v))
    return _plain(np.asarray(-0.10 * np.maximum(np.maximum(a, b), c)), size)


def braid(size: int = 64) -> Swatch:
    """A flat lace's plait: V-shaped stitches 1.6 mm wide."""
    u, v = grid(size)
    column = np.abs(2 * ((u * 4) % 1.0) - 1)
    row = np.abs(2 * ((v * 4 + 0.8 * column) % 1.0) - 1)
    return _plain(np.asarray(0.16 * np.sqrt(1 - column**2) * (0.5 + 0.5 * row)), size)


def _plain(height: Array, size: int) -> Swatch:
    return Swatch(
        color=np.ones((size, size, 3), np.float32),
        height=smooth(np.asarray(height, dtype=np.float32), 1.0 / size),
        roughness=np.full((size, size), 0.8, np.float32),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Looks:
    """The materials of a pair."""

    leather: Material
    suede: Material
    tab: Material
    lining: Material
    sole: Material
    tread: Material
    thread: Material
    eyelet: Material
    hole: Material
    lace: Material
    tip: Material


def looks() -> Looks:
    """Off-white leather, greige suede, a dark green heel, a gum outsole."""
    grain = relief("leather", leather(256), 40.0)
    nap = relief("suede", suede(256), 60.0)
    zigzag = relief("tread", herringbone_tread(), 12.0)

    def made(
        name: str, colour: tuple[float, float, float], roughness: float, bumps: Texture | None = None
    ) -> Material:
        return Material(
            name=name,
            base_color=(*colour, 1.0),
            metallic=0.0,
            roughness=roughness,
            double_sided=True,
            normal_texture=bumps,
            normal_scale=0.6,
        )

    suede_leather = made("suede", (0.33, 0.29, 0.235), 0.92, nap)
    return Looks(
        leather=made("leather", (0.60, 0.575, 0.525), 0.46, grain),
        suede=replace(suede_leather, sheen_color=(0.10, 0.09, 0.075), sheen_roughness=0.5),
        tab=made("heel-tab", (0.050, 0.110, 0.085), 0.50, grain),
        lining=made("lining", (0.56, 0.53, 0.47), 0.95, relief("mesh", mesh_textile(), 12.0)),
        sole=made("sole", (0.71, 0.69, 0.635), 0.62),
        tread=made("sole-tread", (0.42, 0.235, 0.115), 0.60, zigzag),
        thread=made("thread", (0.60, 0.565, 0.49), 0.65),
        eyelet=made("eyelet", (0.58, 0.55, 0.49), 0.40),
        hole=made("eyelet-hole", (0.035, 0.032, 0.030), 0.95),
        lace=made("lace", (0.74, 0.725, 0.685), 0.88, relief("braid", braid(), 6.4)),
        tip=made("lace-tip", (0.60, 0.59, 0.56), 0.30),
    )  # fmt: skip
