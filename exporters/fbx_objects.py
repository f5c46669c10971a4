"""The objects of an FBX document and what connects them; every object gets its id here."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from exporters.fbx_binary import Long, Record

_FIRST_ID: Final = 1_000_000  # small ids are the document's own
ROOT: Final = 0
_CLASSES: Final = {
    "Model": "Model",
    "Geometry": "Geometry",
    "Material": "Material",
    "Texture": "Texture",
    "Video": "Video",
    "Implementation": "Implementation",
    "BindingTable": "BindingTable",
    "NodeAttribute": "NodeAttribute",
    "Deformer": "Deformer",
    "Pose": "Pose",
    "AnimationStack": "AnimStack",
    "AnimationLayer": "AnimLayer",
    "AnimationCurveNode": "AnimCurveNode",
    "AnimationCurve": "AnimCurve",
}


class Objects:
    """Collects objects and connections in the order in which they are made."""

    def __init__(self) -> None:
        self.records = Record("Objects")
        self.connections = Record("Connections")
        self._next = _FIRST_ID
        self._names: dict[str, set[str]] = {}

    def make(self, kind: str, name: str, form: str, *, of: str | None = None) -> tuple[int, Record]:
        """A new object and its id. ``form`` is its subtype ("Mesh"), ``of`` its class where that depends on it."""
        self._next += 1
        record = self.records.add(kind, Long(self._next), f"{name}\x00\x01{of or _CLASSES[kind]}", form)
        return self._next, record

    def unique(self, shelf: str, name: str) -> str:
        """``name``, with a number behind it if the shelf has it; programs join what is called alike."""
        taken = self._names.setdefault(shelf, set())
        found, number = name, 1
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.add(found)
        return found

    def join(self, child: int, parent: int) -> None:
        """Makes an object a part of another one."""
        self.connections.add("C", "OO", Long(child), Long(parent))

    def drive(self, source: int, target: int, name: str) -> None:
        """Connects an object to a property of another one."""
        self.connections.add("C", "OP", Long(source), Long(target), name)

    def definitions(self) -> Record:
        """How many objects of each kind there are."""
        counts = Counter(record.name for record in self.records.children)
        found = Record("Definitions")
        found.add("Version", 100)
        found.add("Count", sum(counts.values()) + 1)
        for kind, count in {"GlobalSettings": 1, **dict(sorted(counts.items()))}.items():
            found.add("ObjectType", kind).add("Count", count)
        return found


def properties(record: Record, *rows: tuple[Any, ...]) -> None:
    """Adds a Properties70 block; a row is a name, a type, a subtype, flags, and the values."""
    block = record.add("Properties70")
    for row in rows:
        block.add("P", *row)


def number(name: str, value: float, *, animated: bool = False) -> tuple[Any, ...]:
    """A row for one float."""
    return name, "Number" if animated else "double", "" if animated else "Number", "A" if animated else "", value


def colour(name: str, rgb: tuple[float, float, float]) -> tuple[Any, ...]:
    """A row for a colour."""
    return name, "Color", "", "A", *map(float, rgb)


def text(name: str, value: str) -> tuple[Any, ...]:
    """A row for a text."""
    return name, "KString", "", "", value


def time(name: str, ticks: int) -> tuple[Any, ...]:
    """A row for a moment, see :data:`exporters.fbx_animation.TICKS`."""
    return name, "KTime", "Time", "", Long(ticks)
