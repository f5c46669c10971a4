"""Vertex data of a glTF in fewer bits (KHR_mesh_quantization), for programs that unpack nothing.

Positions are 16 bits of their mesh's longest side, on one grid a mesh; what carries the mesh (a node, its instances,
the inverse bind matrices of its skin) puts the grid where it belongs. Normals have 16 bits, tangents 8, UVs between 0
and 1 16, weights and colours 8; other UVs stay as they are. Steps are at most 1/65,534 of the mesh's side.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exporters.gltf_buffer import VERTICES, Buffer, Grid, checked
from exporters.gltf_packed import QUANTISED, shares, whole_shares

_SHORT: Final = 32_767
_UNSIGNED: Final = 65_535
_BYTE: Final = 127

Array = NDArray[Any]


class QuantisedBuffer(Buffer):
    """As a :class:`Buffer`, with what is said of vertices in whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._used = False

    def enter(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """One grid for the mesh: its middle and half of its longest side."""
        half = float((high - low).max()) / 2
        self.grid = Grid(offset=(low + high) / 2, scale=half) if half > 0 else None

    def accessor(
        self,
        array: Array,
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
        semantic: str = "",
    ) -> int:
        """As :meth:`Buffer.accessor`, in the numbers of :attr:`grid` for "POSITION"."""
        values, _ = checked(array)
        whole = self._whole(values, semantic) if target == VERTICES and values.dtype.kind == "f" else None
        if whole is None:
            return super().accessor(array, target=target, bounds=bounds, normalized=normalized)
        self._used = self._used or semantic in {"POSITION", "NORMAL", "TANGENT"}
        return super().accessor(whole, target=target, bounds=bounds, normalized=True)

    def required(self) -> set[str]:
        """The extensions without which a program reads nothing of what is here."""
        return {QUANTISED} if self._used else set()

    def _whole(self, values: Array, semantic: str) -> Array | None:
        whole: Array | None = None
        if semantic == "POSITION" and self.grid is not None:
            exact = (values.astype(np.float64) - self.grid.offset) / self.grid.scale
            whole = np.rint(np.clip(exact, -1, 1) * _SHORT).astype(np.int16)
        elif semantic == "NORMAL":
            whole = np.rint(np.clip(values, -1, 1) * _SHORT).astype(np.int16)
        elif semantic == "TANGENT":
            whole = np.rint(np.clip(values, -1, 1) * _BYTE).astype(np.int8)
        elif semantic == "TEXCOORD" and len(values) and values.min() >= 0 and values.max() <= 1:
            whole = np.rint(values.astype(np.float64) * _UNSIGNED).astype(np.uint16)
        elif semantic == "COLOR":
            whole = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
        elif semantic == "WEIGHTS" and whole_shares(values):
            whole = shares(values)
        return whole
