"""Makes the mannequins: figures in sizes, from tables of body measurements to baked files."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy.ndimage import gaussian_filter

from assets import mannequin as held
from assets.generators import mannequin_builds as builds
from assets.generators import mannequin_measure as measure
from assets.generators import mannequin_rig as rig
from assets.generators.mannequin_cage import cage
from assets.generators.mannequin_field import Array
from assets.generators.mannequin_quads import Fine, fitted
from assets.generators.mannequin_shape import Fit, Shape, shape
from assets.generators.mannequin_sizes import FIGURES, TERMS, Measures
from assets.generators.mannequin_uv import unfolded

BASE: Final = "M"
SOURCE: Final = "EN 13402-3, ISO 8559-1, Aldrich, ANSUR II; see the mannequins' table of sizes"

BUILDS: Final = {
    "female": builds.FEMALE,
    "male": builds.MALE,
    "neutral": builds.NEUTRAL,
    "child": builds.CHILD,
}


_ROOM: Final = 0.005  # metres about the body, so that a region does not end short of it
SCALES: Final = {"child": 122 / 168}
"""Figures that are drawn larger than they are."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """One figure in one size, as it was drawn: ``scale`` makes metres of it."""

    fit: Fit
    shape: Shape
    fine: Fine
    scale: float

    @property
    def points(self) -> Array:
        """float64[n, 3] metres."""
        return self.fine.points * self.scale

    @property
    def joints(self) -> dict[str, Array]:
        """float64[3] metres by name."""
        return {name: at * self.scale for name, at in rig.places(self.shape).items()}


def figure(name: str, size: str, *, levels: int = 2) -> Figure:
    """A figure made to its row of the table. ``levels`` are subdivisions of the cage: 2 is what ships."""
    scale = SCALES.get(name, 1.0)
    drawn = Measures(**{term: value / scale for term, value in asdict(FIGURES[name][size]).items()})
    fit = measure.fitted(BUILDS[name], drawn)
    made = shape(BUILDS[name], fit)
    return Figure(fit=fit, shape=made, fine=fitted(cage(made), made.field, levels=levels), scale=scale)


PATTERNS: Final = {"body": "female", "body-child": "child"}
"""The files that figures share, and the figure whose UVs and weights are in each."""


def pattern(name: str) -> str:
    """The shared file of a figure, a key of :data:`PATTERNS`."""
    return "body-child" if name == "child" else "body"


def body(shared: str) -> bytes:
    """The file that figures share: triangles, UVs, weights, joints' names, wood."""
    model = _pattern(shared)
    flat = unfolded(model.fine)
    joints, weights = rig.weights(model.shape, model.fine)
    names = list(rig.NAMES)
    parents = [-1 if rig.JOINTS[name] is None else names.index(str(rig.JOINTS[name])) for name in names]
    facts = {"joints": names, "parents": parents, "poses": list(rig.POSES), "metres": flat.metres}
    arrays: dict[str, NDArray[Any]] = {
        "source": flat.source.astype(np.uint16),
        "triangles": np.diff(flat.triangles.reshape(-1), prepend=0).astype(np.int32),
        "uv": np.round(flat.uv * 65535).astype(np.uint16),
        "joints": joints.astype(np.uint8),
        "weights": np.round(weights * 255).astype(np.uint8),
    }
    return held.write(facts, arrays, {"wood.jpg": wood()})


@cache
def _pattern(shared: str) -> Figure:
    name = PATTERNS[shared]
    return figure(name, _base(name))


def _base(name: str) -> str:
    return BASE if BASE in FIGURES[name] else next(iter(FIGURES[name]))


def files(name: str) -> bytes:
    """A figure's file, with all its sizes."""
    table = FIGURES[name]
    base, shared = _base(name), _pattern(pattern(name))
    made = {size: figure(name, size) for size in table}
    joints, weights = rig.weights(shared.shape, shared.fine)
    everything = np.concatenate([one.points for one in made.values()])
    low = everything.min(axis=0)
    span = everything.max(axis=0) - low
    steps = {size: np.round((one.points - low) / span * 65535).astype(np.int64) for size, one in made.items()}
    arrays: dict[str, NDArray[Any]] = {"points": steps[base].astype(np.uint16)}
    sizes = {}
    for size, one in made.items():
        if size != base:
            arrays[f"points-{size}"] = (steps[size] - steps[base]).astype(np.int16)
        at = one.joints
        taken = {
            pose: rig.levelled(at, how, one.points, joints, weights) if pose in rig.STANDING else how
            for pose, how in rig.poses(rig.places(one.shape)).items()
        }
        arrays[f"turns-{size}"] = np.array(
            [[pose.turns[joint].as_quat() for joint in rig.NAMES] for pose in taken.values()], dtype=np.float32
        )
        arrays[f"moves-{size}"] = np.array(
            [rig.grounded(at, pose, one.points, joints, weights) for pose in taken.values()], dtype=np.float32
        )
        sizes[size] = {
            "joints": [[round(float(v), 6) for v in at[joint]] for joint in rig.NAMES],
            **described(one, table[size]),
        }
    facts = {
        "name": f"mannequin-{name}",
        "base": base,
        "low": low.tolist(),
        "span": span.tolist(),
        "sizes": sizes,
        "source": SOURCE,
    }
    return held.write(facts, arrays, {})


def described(one: Figure, row: Measures) -> dict[str, Any]:
    """Landmarks, girth planes, measurements (table, centimetres) and regions of a figure in a size."""
    k, made = one.scale, one.shape
    level = {name: k * y for name, y in made.levels.items()}
    joint = {name: k * at for name, at in made.joints.items()}
    (x0, y0, z0), (x1, y1, z1) = one.points.min(axis=0) - _ROOM, one.points.max(axis=0) + _ROOM
    wrist = joint["wrist"]
    boxes = {
        "head": ((-0.2, level["chin"], z0), (0.2, y1, z1)),
        "neck": ((-0.1, level["shoulder"], z0), (0.1, level["chin"] + 0.01, z1)),
        "bust": ((-0.2, level["underbust"], 0.0), (0.2, level["shoulder"] - 0.06, z1)),
        "waist": ((-0.25, level["waist"] - 0.06, z0), (0.25, level["waist"] + 0.06, z1)),
        "hips": ((-0.3, level["crotch"], z0), (0.3, level["waist"] - 0.06, z1)),
        "left-hand": ((float(wrist[0]) - 0.06, y0, z0), (x1, float(wrist[1]) + 0.02, z1)),
        "right-hand": ((x0, y0, z0), (0.06 - float(wrist[0]), float(wrist[1]) + 0.02, z1)),
        "left-foot": ((0.0, y0, z0), (x1 / 2, float(joint["ankle"][1]), z1)),
        "right-foot": ((x0 / 2, y0, z0), (0.0, float(joint["ankle"][1]), z1)),
    }
    return {
        "regions": {name: [_plain(low), _plain(high)] for name, (low, high) in boxes.items()},
        "landmarks": {name: _plain(k * point) for name, point in measure.landmarks(made, one.fine.points).items()},
        "girths": {
            name: {"centre": _plain(k * p.centre), "across": _plain(p.across), "along": _plain(p.along)}
            for name, p in measure.planes(made).items()
        },
        "measures": {name: {"term": TERMS[name], "cm": value} for name, value in asdict(row).items()},
    }


def _plain(values: Any) -> list[float]:
    return [round(float(v), 5) for v in values]


def wood(size: int = 512) -> bytes:
    """A tile of pale beech, grain upright, as a JPEG."""
    rng = np.random.default_rng(5)
    v, u = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size, indexing="ij")

    def noise(down: float, across: float) -> Array:
        field = gaussian_filter(rng.standard_normal((size, size)), (down, across), mode="wrap")
        return np.asarray(field / field.std())

    waver = 0.018 * noise(90, 30)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * 11 * (u + waver) + 1.1 * noise(140, 24))
    fibre = noise(26, 0.7)
    flecks = np.clip(noise(7, 1.0) - 2.0, 0, 1.6)
    tone = 0.62 * rings**1.6 + 0.10 * fibre + 0.16 * noise(160, 60)
    light, dark = np.array([0.80, 0.625, 0.45]), np.array([0.66, 0.465, 0.30])
    share = np.clip(0.25 + 0.5 * tone, 0, 1)[..., None]
    colour = light * (1 - share) + dark * share - 0.10 * flecks[..., None] + 0 * v[..., None]
    picture = Picture.fromarray(np.round(np.clip(colour, 0, 1) * 255).astype(np.uint8))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82, subsampling=0)
    return out.getvalue()
