"""How many samples a pixel gets, where they lie, and in which pieces a picture is drawn.

A picture is drawn into a buffer of ``grid`` x ``grid`` texels for each pixel, once for each shift; the shifts
put the samples of all passes on distinct rows and columns of the pixel, so that near-upright and near-level
edges, which the eye catches first, get as many steps as there are samples a side.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.scene import Quality, Target

LARGEST = 16_384
_WHOLE, _TILE = 2_300_000, 1024  # pixels that a CPU draws in one piece (1080p), else the side of a tile
_GPU_WHOLE, _GPU_TILE = 8_300_000, 2048  # 4K


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """``shifts`` in pixels (right, up), one for each pass."""

    grid: int
    shifts: tuple[tuple[float, float], ...]


def sampling(target: Target, *, software: bool = True) -> Sampling:
    """On a CPU (``software``), where each sample costs what it costs: one for a draft, four for a preview, sixteen
    for a final picture up to 4 megapixels, eight up to 9, four beyond, where a pixel is too small for more to be
    seen. A GPU has samples to spare: four for drafts too, sixteen for final pictures of any size. The device class is
    part of every key of the render cache, so that one key has one kind of picture.
    """
    if target.quality is Quality.DRAFT and software:
        return Sampling(grid=1, shifts=((0.0, 0.0),))
    if target.quality is not Quality.FINAL:
        return Sampling(grid=2, shifts=_rotated(1))
    if not software:
        return Sampling(grid=2, shifts=_rotated(4))
    pixels = target.width * target.height
    return Sampling(grid=2, shifts=_rotated(4 if pixels <= 4_200_000 else 2 if pixels <= 9_000_000 else 1))


def tiles(target: Target, *, software: bool = True) -> tuple[tuple[int, int, int, int], ...]:
    """Left, top, width, height of the pieces, row by row. Each is small enough that no call takes seconds."""
    whole, side = (_WHOLE, _TILE) if software else (_GPU_WHOLE, _GPU_TILE)
    if target.width * target.height <= whole:
        return ((0, 0, target.width, target.height),)
    return tuple(
        (x, y, min(side, target.width - x), min(side, target.height - y))
        for y in range(0, target.height, side)
        for x in range(0, target.width, side)
    )


def _rotated(passes: int) -> tuple[tuple[float, float], ...]:
    """Shifts inside one texel of a 2 x 2 grid: an n-rooks pattern of ``passes`` points about the middle."""
    rooks = {1: (0,), 2: (0, 1), 4: (1, 3, 0, 2)}[passes]
    cell = 0.5 / passes
    return tuple(((i + 0.5) * cell - 0.25, (row + 0.5) * cell - 0.25) for i, row in enumerate(rooks))
