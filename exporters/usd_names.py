"""Names and paths of a USD layer, each path once."""

from __future__ import annotations

import re
from collections.abc import Container

from pxr import Usd, UsdGeom


def identifier(name: str) -> str:
    """``name`` as USD programs of all ages take it: ASCII letters, digits and underscores."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    return plain if plain and not plain[0].isdigit() else f"_{plain}"


def free(name: str, taken: Container[str], join: str = "_") -> str:
    """``name``, with a number behind it if it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{join}{number}"
    return found


class Names:
    """Paths below a prim, as they are given away."""

    def __init__(self, stage: Usd.Stage, root: str) -> None:
        self._stage, self._root = stage, root
        self._taken: set[str] = set()

    def path(self, group: str, name: str) -> str:
        """A path that no other prim has: ``/root/group/name``, with a number if it needs one."""
        scope = f"{self._root}/{group}"
        if scope not in self._taken:
            # A prim of no type ends the search for skinned meshes in USD.
            UsdGeom.Scope.Define(self._stage, scope)
            self._taken.add(scope)
        path = free(f"{scope}/{identifier(name)}", self._taken)
        self._taken.add(path)
        return path
