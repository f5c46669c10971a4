"""Takes a figure's measurements with a tape: sections of its surface by planes, the tape stretched over hollows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import ConvexHull

from assets.generators.mannequin_builds import Build
from assets.generators.mannequin_field import Array, Field
from assets.generators.mannequin_shape import Fit, Shape, shape
from assets.generators.mannequin_sizes import Measures

_RAYS: Final = 120
_REACH: Final = 0.34
_STEPS: Final = 40
_ROUNDS: Final = 26


@dataclass(frozen=True, kw_only=True, eq=False)
class Plane:
    """Where a girth is taken. ``centre`` lies inside; ``across`` and ``along`` span the plane, unit length."""

    centre: Array
    across: Array
    along: Array

    @property
    def normal(self) -> Array:
        """Its normal."""
        return np.cross(self.across, self.along)


def planes(made: Shape) -> dict[str, Plane]:
    """The girth planes of a figure by ISO 8559-1's terms; of the limbs the left one's."""
    x, z = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    level, joint = made.levels, made.joints

    def flat(y: float, x0: float = 0.0, z0: float = -0.005) -> Plane:
        return Plane(centre=np.array([x0, y, z0]), across=x, along=z)

    thigh_y = level["crotch"] - 0.030
    leg = made.leg_loft
    calf_y = float(leg.at[np.argsort(np.abs(leg.at - (made.lift + 0.42 * (level["crotch"] - made.lift))))[0]])
    ahead = np.array([0.0, -np.sin(0.30), np.cos(0.30)])
    tall = (level["crown"] - made.lift) / 1.68
    bust = joint["shoulder"] + made.arm * (0.43 * _distance(joint, "shoulder", "elbow"))
    outer = -made.palm
    return {
        "bust": flat(level["bust"]),
        "underbust": flat(level["underbust"]),
        "waist": flat(level["waist"]),
        "hip": flat(level["hip"]),
        "neck": Plane(centre=joint["neck"] + np.array([0.0, 0.024 * tall, 0.022 * tall]), across=x, along=ahead),
        "upper_arm": Plane(centre=bust, across=made.thumb, along=outer),
        "thigh": flat(thigh_y, float(np.interp(thigh_y, leg.at, (leg.low_u + leg.high_u) / 2))),
        "calf": flat(calf_y, float(np.interp(calf_y, leg.at, (leg.low_u + leg.high_u) / 2)), -0.018),
    }


def _distance(joint: dict[str, Array], one: str, two: str) -> float:
    return float(np.linalg.norm(joint[two] - joint[one]))


def outline(field: Field, plane: Plane, *, rays: int = _RAYS) -> Array:
    """Where rays in the plane leave the body: float64[rays, 2] in the plane's axes, metres."""
    turn = np.arange(rays) * (2 * np.pi / rays)
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    rays3 = way[:, :1] * plane.across + way[:, 1:] * plane.along
    far = np.linspace(0.0, _REACH, _STEPS)
    grid = plane.centre + far[None, :, None] * rays3[:, None, :]
    outside = field(grid.reshape(-1, 3)).reshape(rays, _STEPS) > 0
    outside[:, -1] = True
    first = np.argmax(outside, axis=1)
    low, high = far[np.maximum(first - 1, 0)], far[first]
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        out = field(plane.centre + middle[:, None] * rays3) > 0
        low, high = np.where(out, low, middle), np.where(out, middle, high)
    found: Array = way * ((low + high) / 2)[:, None]
    return found


def tape(points: Array) -> float:
    """Length of a tape around points of a plane, float64[n, 2]: their hull's perimeter."""
    return float(ConvexHull(points).area)


def crotch(field: Field, level: float) -> Array:
    """The crotch point: the lowest skin between the legs, float64[3]."""
    best = np.array([0.0, np.inf, 0.0])
    y = np.linspace(level - 0.06, level + 0.06, 241)
    for z in np.linspace(-0.045, 0.03, 16):
        inside = field(np.stack([np.zeros(241), y, np.full(241, z)], axis=1)) < 0
        if inside.any() and y[np.argmax(inside)] < best[1]:
            best = np.array([0.0, float(y[np.argmax(inside)]), float(z)])
    return best


def acromion(made: Shape) -> Array:
    """The left shoulder point: on top of the shoulder, where the clavicle ends."""
    at = made.joints["shoulder"] + np.array([0.026, 0.0, 0.0])
    y = np.linspace(at[1] + 0.12, at[1] - 0.04, 321)
    column = np.stack([np.full(321, at[0]), y, np.full(321, at[2])], axis=1)
    at[1] = y[np.argmax(made.field(column) < 0)]
    return np.asarray(at)


def landmarks(made: Shape, points: Array) -> dict[str, Array]:
    """Landmarks by ISO 8559-1's terms, on the skin or at a joint's centre: float64[3]; of pairs the left one."""
    level, joint = made.levels, made.joints
    cut = planes(made)

    def edge(name: str, x: float, z: float) -> Array:
        """The outline's point furthest along (x, z)."""
        plane = cut[name]
        flat = outline(made.field, plane)
        best = flat[np.argmax(flat @ np.array([x, z]))]
        return np.asarray(plane.centre + best[0] * plane.across + best[1] * plane.along)

    apex = points[(points[:, 0] > 0.02) & (np.abs(points[:, 1] - level["bust"]) < 0.03)]
    spine = points[
        (np.abs(points[:, 0]) < 0.004) & (np.abs(points[:, 1] - level["nape"]) < 0.02) & (points[:, 2] < 0)
    ]
    return {
        "vertex": points[np.argmax(points[:, 1])],
        "cervicale": spine[np.argmin(np.abs(spine[:, 1] - level["nape"]))],
        "front neck point": edge("neck", 0.0, 1.0),
        "side neck point": edge("neck", 1.0, 0.0),
        "shoulder point": acromion(made),
        "bust point": apex[np.argmax(apex[:, 2])],
        "front waist point": edge("waist", 0.0, 1.0),
        "side waist point": edge("waist", 1.0, 0.0),
        "back waist point": edge("waist", 0.0, -1.0),
        "side hip point": edge("hip", 1.0, 0.0),
        "crotch point": crotch(made.field, level["crotch"]),
        "elbow": joint["elbow"],
        "wrist": joint["wrist"],
        "knee": joint["knee"],
        "ankle": joint["ankle"],
        "sole level": np.array([0.0, made.lift, 0.0]),
    }


def measured(made: Shape) -> Measures:
    """The figure's measurements, centimetres."""
    cut = {name: 100 * tape(outline(made.field, plane)) for name, plane in planes(made).items()}
    shoulder = acromion(made)
    joint = made.joints
    arm = float(np.linalg.norm(joint["elbow"] - shoulder)) + _distance(joint, "elbow", "wrist")
    return Measures(
        stature=100 * (made.levels["crown"] - made.lift),
        bust=cut["bust"],
        waist=cut["waist"],
        hip=cut["hip"],
        neck=cut["neck"],
        shoulder=200 * float(shoulder[0]),
        upper_arm=cut["upper_arm"],
        arm=100 * arm,
        thigh=cut["thigh"],
        calf=cut["calf"],
        crotch=100 * (float(crotch(made.field, made.levels["crotch"])[1]) - made.lift),
    )


_FREE: Final = {
    "stature": "height",
    "bust": "bust",
    "waist": "waist",
    "hip": "hip",
    "neck": "neck",
    "shoulder": "shoulder",
    "upper_arm": "upper_arm",
    "arm": "sleeve",
    "thigh": "thigh",
    "calf": "calf",
    "crotch": "inseam",
}


def fitted(build: Build, wanted: Measures, *, start: Fit | None = None, rounds: int = 8) -> Fit:
    """The fit that gives a build the wanted measurements, by Gauss and Newton's least squares.

    One derivative serves all rounds: the measurements are close to linear in the fit.
    """
    names = list(_FREE)
    goal = np.array([getattr(wanted, name) for name in names])
    first = start or Fit()
    x = np.array([getattr(first, _FREE[name]) for name in names])

    def fit(values: Array) -> Fit:
        found = dict(zip((_FREE[name] for name in names), (float(v) for v in values), strict=True))
        slim = found["upper_arm"]
        return Fit(**found, wrist=(1 + slim) / 2, ankle=(1 + found["calf"]) / 2, head=first.head)

    def result(values: Array) -> Array:
        now = measured(shape(build, fit(values)))
        return np.array([getattr(now, name) for name in names])

    base = result(x)
    slopes = np.empty((len(x), len(x)))
    for k in range(len(x)):
        step = 0.02 if names[k] != "shoulder" else 0.004
        moved = x.copy()
        moved[k] += step
        slopes[:, k] = (result(moved) - base) / step
    for _ in range(rounds):
        change, *_ = np.linalg.lstsq(slopes, goal - base, rcond=None)
        x = x + np.clip(change, -0.06, 0.06)
        base = result(x)
        if np.abs(goal - base).max() < 0.03:
            break
    return fit(x)
