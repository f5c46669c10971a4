"""A mannequin's skeleton: joints, how much of each moves a point, and six poses.

All joints stand upright in the A-pose, so that a turn is one about the world's axes. Beside the shoulders, elbows,
hips and knees stand helpers that turn half as far: a limb that folds keeps its girth (as in Mohr and Gleicher,
"Building efficient, accurate character skins from examples", 2003). A helper halfway down the forearm takes half of
the hand's twist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.spatial.transform import Rotation

from assets.generators.mannequin_cage import PARTS
from assets.generators.mannequin_field import Array
from assets.generators.mannequin_quads import Fine, edges_of
from assets.generators.mannequin_shape import Shape

HALF: Final = "-half"
TWIST: Final = "-twist"
JOINTS: Final[Mapping[str, str | None]] = {
    "pelvis": None,
    "spine": "pelvis",
    "chest": "spine",
    "neck": "chest",
    "head": "neck",
    **{
        f"{name}-{side}": (f"{above}-{side}" if above not in {"pelvis", "chest"} else above)
        for side in ("l", "r")
        for name, above in (
            ("clavicle", "chest"),
            ("shoulder-half", "clavicle"),
            ("shoulder", "clavicle"),
            ("elbow-half", "shoulder"),
            ("elbow", "shoulder"),
            ("wrist-twist", "elbow"),
            ("wrist", "elbow"),
            ("hip-half", "pelvis"),
            ("hip", "pelvis"),
            ("knee-half", "hip"),
            ("knee", "hip"),
            ("ankle", "knee"),
            ("toe", "ankle"),
        )
    },
}
"""Every joint and what it hangs from."""

NAMES: Final = tuple(JOINTS)
POSES: Final = ("a-pose", "relaxed", "walk", "hands-on-hips", "seated", "t-pose")
_SMOOTHING: Final = 10
STANDING: Final = ("relaxed", "walk", "hands-on-hips")
"""Poses in which a figure stands on two feet that are not side by side."""
_GIVES: Final = 45.0  # degrees that a knee bends at most to bring its foot up
_HALVINGS: Final = 14


def places(shape: Shape) -> dict[str, Array]:
    """Where the joints are in the A-pose: float64[3] by name."""
    found: dict[str, Array] = {}
    for name in NAMES:
        stem, _, side = name.rpartition("-")
        if side not in {"l", "r"} or not stem:
            found[name] = shape.joints[name]
            continue
        at = shape.joints[stem.removesuffix(HALF).removesuffix(TWIST)]
        if stem.endswith(TWIST):
            at = (shape.joints["elbow"] + shape.joints["wrist"]) / 2
        found[name] = at * np.array([1.0 if side == "l" else -1.0, 1.0, 1.0])
    return found


def _ease(share: Array) -> Array:
    t = np.clip(share, 0, 1)
    eased: Array = t * t * (3 - 2 * t)
    return eased


def weights(shape: Shape, fine: Fine) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """At most four joints for each point, and their weights: uint16[n, 4], float32[n, 4], sums 1."""
    points = fine.points
    n = len(points)
    part = np.zeros(n, dtype=np.int64)
    part[fine.quads.reshape(-1)] = np.repeat(fine.part, 4)
    table = dict.fromkeys(NAMES, np.zeros(n))
    level, joint = shape.levels, shape.joints
    tall = (level["crown"] - shape.lift) / 1.68

    def step(distance: Array, width: float) -> Array:
        return np.clip(distance / width / 2 + 0.5, 0, 1)

    y, z = points[:, 1], points[:, 2]
    spine = step(y - joint["spine"][1], 0.075 * tall)
    chest = step(y - joint["chest"][1], 0.080 * tall)
    neck_way = np.array([0.0, 0.94, 0.34])
    neck = step((points - joint["neck"]) @ neck_way - 0.004, 0.034 * tall)
    head_way = np.array([0.0, 0.85, -0.53])
    head = step((points - joint["head"]) @ head_way, 0.030 * tall)
    spine, chest, neck, head = _ease(spine), _ease(chest), _ease(neck), _ease(head)
    trunk = {
        "pelvis": 1 - spine,
        "spine": spine * (1 - chest),
        "chest": chest * (1 - neck),
        "neck": neck * (1 - head),
        "head": neck * head,
    }
    left = np.ones(n)
    limbs: dict[str, Array] = {}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        p = points * np.array([sign, 1.0, 1.0])
        x = p[:, 0]
        mine = np.isin(part, [PARTS.index(f"{name}-{side}") for name in ("arm", "hand")])
        rel = p - joint["shoulder"]
        t, o = rel @ shape.arm, rel @ -shape.palm
        reach = np.maximum(_ease((o + 0.085 * tall) / (0.055 * tall)), mine * _ease((t - 0.03) / 0.06))
        reach = reach * (x > 0)
        u = step(t - 0.012 - 0.45 * np.maximum(o, 0), 0.075 * tall) * reach
        collar = _ease((x - 0.025) / (0.11 * tall)) * _ease((y - joint["shoulder"][1] + 0.13 * tall) / (0.11 * tall))
        collar = collar * (1 - u) * (1 - neck)
        elbow_t = float((joint["elbow"] - joint["shoulder"]) @ shape.arm)
        wrist_t = float((joint["wrist"] - joint["shoulder"]) @ shape.arm)
        v = step(t - elbow_t, 0.055 * tall) * mine
        w = _ease(step(t - wrist_t - 0.002, 0.026 * tall)) * mine
        twist = np.clip((t - elbow_t - 0.05) / (wrist_t - elbow_t - 0.07), 0, 1) * mine
        upper = u * u
        limbs |= {
            f"clavicle-{side}": collar,
            f"shoulder-half-{side}": 2 * u * (1 - u),
            f"shoulder-{side}": upper * (1 - v) ** 2,
            f"elbow-half-{side}": upper * 2 * v * (1 - v),
            f"elbow-{side}": upper * v * v * (1 - w) * (1 - twist),
            f"wrist-twist-{side}": upper * v * v * (1 - w) * twist,
            f"wrist-{side}": upper * v * v * w,
        }
        left = left - collar - (1 - (1 - u) ** 2)
        leg = np.isin(part, [PARTS.index(f"{name}-{side}") for name in ("leg", "foot")])
        crease = np.array([0.55, -0.80, 0.24])
        crease /= np.linalg.norm(crease)
        apart = np.maximum(_ease(x / (0.055 * tall)), leg * _ease((level["crotch"] + 0.01 - y) / (0.07 * tall)))
        a = step((p - joint["hip"]) @ crease, 0.095 * tall) * apart * (x > -1e-6) * ~mine * (1 - u)
        k = step(joint["knee"][1] - y, 0.070 * tall) * leg
        ankle_way = np.array([0.0, -0.80, 0.60])
        b = _ease(step((p - joint["ankle"]) @ ankle_way, 0.040 * tall)) * leg
        c = _ease(step(z - joint["toe"][2], 0.022 * tall)) * leg
        thigh = a * a
        limbs |= {
            f"hip-half-{side}": 2 * a * (1 - a),
            f"hip-{side}": thigh * (1 - k) ** 2,
            f"knee-half-{side}": thigh * 2 * k * (1 - k),
            f"knee-{side}": thigh * k * k * (1 - b),
            f"ankle-{side}": thigh * k * k * b * (1 - c),
            f"toe-{side}": thigh * k * k * b * c,
        }
        left = left - (1 - (1 - a) ** 2)
    left = np.maximum(left, 0)
    for name, share in trunk.items():
        table[name] = left * share
    table.update(limbs)
    dense = np.stack([table[name] for name in NAMES], axis=1)
    dense = _smoothed(dense / dense.sum(axis=1, keepdims=True), fine, part)
    order = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    kept = np.take_along_axis(dense, order, axis=1)
    kept = np.where(kept < 0.004, 0.0, kept)
    kept /= kept.sum(axis=1, keepdims=True)
    return order.astype(np.uint16), kept.astype(np.float32)


def _smoothed(dense: Array, fine: Fine, part: NDArray[np.int64]) -> Array:
    """The weights of the trunk and of where limbs leave it, evened out over the surface."""
    edges, _ = edges_of(fine.quads)
    n = len(dense)
    one = np.ones(len(edges))
    graph = coo_matrix((one, (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
    graph = graph + graph.T
    valence = np.asarray(graph.sum(axis=1))
    soft = np.where(
        np.isin(part, [PARTS.index("hand-l"), PARTS.index("hand-r"), PARTS.index("foot-l"), PARTS.index("foot-r")]),
        0.0,
        0.5,
    )
    for _ in range(_SMOOTHING):
        dense = dense + soft[:, None] * (graph @ dense / valence - dense)
    return dense


@dataclass(frozen=True, kw_only=True, eq=False)
class Pose:
    """``turns`` are the joints' own rotations, by name."""

    turns: dict[str, Rotation]


def _turn(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Rotation:
    return Rotation.from_euler("xyz", [x, y, z], degrees=True)


def _both(turns: dict[str, Rotation], name: str, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> None:
    turns[f"{name}-l"], turns[f"{name}-r"] = _turn(x, y, z), _turn(x, -y, -z)


def _reach(
    turns: dict[str, Rotation], at: dict[str, Array], side: str, target: Array, bend: Array, hand: Array, palm: Array
) -> None:
    """Bends an arm so that its wrist comes to ``target`` (in the chest's resting frame), the elbow towards ``bend``;
    the hand points along ``hand``, its palm towards ``palm``.
    """
    sign = 1.0 if side == "l" else -1.0
    shoulder, elbow, wrist = at[f"shoulder-{side}"], at[f"elbow-{side}"], at[f"wrist-{side}"]
    a, b = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))
    way = target - shoulder
    far = min(float(np.linalg.norm(way)), (a + b) * 0.999)
    way = way / np.linalg.norm(way)
    out = bend - way * (bend @ way)
    out /= np.linalg.norm(out)
    along = (a * a + far * far - b * b) / (2 * far)
    upper = way * along + out * np.sqrt(max(a * a - along * along, 0.0))
    lower = way * far - upper
    rest = (elbow - shoulder) / a
    first = _between(rest, upper / a)
    second = _between(first.apply(rest), lower / b)
    turns[f"shoulder-{side}"] = first
    turns[f"elbow-{side}"] = first.inv() * second * first
    world = second * first
    rest_palm = np.array([-sign * np.cos(np.radians(36)), -np.sin(np.radians(36)), 0.0])
    hand = hand / np.linalg.norm(hand)
    palm = palm - hand * (palm @ hand)
    palm /= np.linalg.norm(palm)
    start = np.stack([rest, rest_palm, np.cross(rest, rest_palm)], axis=1)
    stop = np.stack([hand, palm, np.cross(hand, palm)], axis=1)
    turns[f"wrist-{side}"] = world.inv() * Rotation.from_matrix(stop @ start.T)


def _between(one: Array, two: Array) -> Rotation:
    axis = np.cross(one, two)
    sine = float(np.linalg.norm(axis))
    if sine < 1e-9:
        return Rotation.identity()
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, float(one @ two)))


def _completed(turns: dict[str, Rotation], at: dict[str, Array]) -> dict[str, Rotation]:
    """With the helpers: half of a joint's turn, half of a hand's twist; the other half of the twist stays there."""
    done = {name: turns.get(name, Rotation.identity()) for name in NAMES}
    for name in NAMES:
        if HALF in name:
            done[name] = Rotation.from_rotvec(done[name.replace(HALF, "")].as_rotvec() / 2)
        elif TWIST in name:
            side = name[-1]
            axis = at[f"wrist-{side}"] - at[f"elbow-{side}"]
            axis = axis / np.linalg.norm(axis)
            x, y, z, w = done[f"wrist-{side}"].as_quat()
            angle = 2 * np.arctan2(float(np.array([x, y, z]) @ axis), w)
            angle = (angle + np.pi) % (2 * np.pi) - np.pi
            done[name] = Rotation.from_rotvec(axis * angle * 0.6)
    return done


def poses(at: dict[str, Array]) -> dict[str, Pose]:
    """The six poses of a figure whose joints are at ``at``; see :func:`grounded` for the floor."""
    turns: dict[str, dict[str, Rotation]] = {name: {} for name in POSES}
    _both(turns["t-pose"], "clavicle", z=6)
    _both(turns["t-pose"], "shoulder", z=48)

    # The weight is on the right leg, the left hip hangs and its knee gives.
    stand = turns["relaxed"]
    stand |= {"pelvis": _turn(0, -4, -2.5), "spine": _turn(0, 3, 3), "chest": _turn(-1, 3, 1.5)}
    stand |= {"neck": _turn(2, 4, -1), "head": _turn(1, 6, -1)}
    stand |= {"hip-r": _turn(0, 0, 1.0), "hip-l": _turn(-10, 9, 3.5), "knee-l": _turn(15), "ankle-l": _turn(-4)}
    stand |= {"shoulder-l": _turn(2, 0, -25), "shoulder-r": _turn(4, 0, 22)}
    _both(stand, "clavicle", z=-5)
    stand |= {"elbow-l": _turn(-17, 0, 0), "elbow-r": _turn(-12, 0, 0)}
    _both(stand, "wrist", y=-14, z=3)

    go = turns["walk"]
    go |= {"pelvis": _turn(-1, 6, -1.5), "spine": _turn(0, -6, 1), "chest": _turn(1, -7, 0.5), "head": _turn(0, 7, 0)}
    go |= {"hip-l": _turn(15, -5, -1), "knee-l": _turn(20), "ankle-l": _turn(10), "toe-l": _turn(-24)}
    go |= {"hip-r": _turn(-21, -5, 3), "knee-r": _turn(8), "ankle-r": _turn(6)}
    go |= {
        "shoulder-l": _turn(-15, 0, -24),
        "elbow-l": _turn(-16),
        "shoulder-r": _turn(15, 0, 25),
        "elbow-r": _turn(-9),
    }
    _both(go, "clavicle", z=-5)
    _both(go, "wrist", y=-12)

    hips = turns["hands-on-hips"]
    hips |= {
        "pelvis": _turn(0, 0, -2),
        "spine": _turn(0, 0, 1.5),
        "chest": _turn(-2, 0, 0.5),
        "head": _turn(2, -5, 0),
    }
    hips |= {"hip-l": _turn(0, 3, 0.5), "hip-r": _turn(-7, -10, -3.5), "knee-r": _turn(9), "ankle-r": _turn(-2)}
    waist = at["spine"]
    for side, sign in (("l", 1.0), ("r", -1.0)):
        wide = abs(float(at[f"hip-{side}"][0]))
        target = np.array([sign * (wide + 0.088), waist[1] - 0.018, -0.002])
        _reach(
            hips, at, side, target, np.array([sign * 0.9, 0.05, -0.55]),
            np.array([-sign * 0.22, -0.62, 0.70]), np.array([-sign, -0.1, -0.25]),
        )  # fmt: skip

    seat = turns["seated"]
    _both(seat, "hip", x=-87, y=4)
    _both(seat, "knee", x=84)
    _both(seat, "ankle", x=3)
    seat |= {"pelvis": _turn(-2), "spine": _turn(2), "head": _turn(0, 0, 0)}
    knee = at["knee-l"] - at["hip-l"]
    length = float(np.linalg.norm(knee))
    for side, sign in (("l", 1.0), ("r", -1.0)):
        hip = at[f"hip-{side}"]
        target = hip + np.array([sign * 0.034, 0.105 * length / 0.40, 0.58 * length])
        _reach(
            seat, at, side, target, np.array([sign * 0.75, -0.25, -0.6]),
            np.array([-sign * 0.03, -0.14, 1.0]), np.array([-sign * 0.10, -1.0, 0.0]),
        )  # fmt: skip
    return {name: Pose(turns=_completed(turns[name], at)) for name in POSES}


def levelled(
    at: dict[str, Array], pose: Pose, points: Array, joints: NDArray[np.uint16], shares: NDArray[np.float32]
) -> Pose:
    """The pose with the knee of the lower foot bent until both feet touch the same floor."""
    low = points[:, 1] < at["ankle-l"][1] + 0.02
    feet = {"l": low & (points[:, 0] > 0), "r": low & (points[:, 0] < 0)}

    def height(turns: dict[str, Rotation], side: str) -> float:
        held = feet[side]
        return float(_moved(at, turns, points[held], joints[held], shares[held])[0][:, 1].min())

    deep, other = sorted(feet, key=lambda side: height(pose.turns, side))
    floor = height(pose.turns, other)
    least, most = 0.0, _GIVES
    bent = pose.turns
    for _ in range(_HALVINGS):
        angle = (least + most) / 2
        turns = dict(pose.turns)
        turns[f"knee-{deep}"] = _turn(angle) * pose.turns[f"knee-{deep}"]
        turns[f"ankle-{deep}"] = _turn(-0.6 * angle) * pose.turns[f"ankle-{deep}"]
        bent = _completed(turns, at)
        least, most = (angle, most) if height(bent, deep) < floor else (least, angle)
    return Pose(turns=bent)


def grounded(
    at: dict[str, Array], pose: Pose, points: Array, joints: NDArray[np.uint16], shares: NDArray[np.float32]
) -> Array:
    """How the pelvis moves, float64[3] metres, so that the posed figure stands on y = 0 over its own place."""
    moved, spots = _moved(at, pose.turns, points, joints, shares)
    middle = (spots["ankle-l"] + spots["ankle-r"]) / 2
    rest = (at["ankle-l"] + at["ankle-r"]) / 2
    return np.array([rest[0] - middle[0], -moved[:, 1].min(), rest[2] - middle[2]])


def _moved(
    at: dict[str, Array],
    turns: dict[str, Rotation],
    points: Array,
    joints: NDArray[np.uint16],
    shares: NDArray[np.float32],
) -> tuple[Array, dict[str, Array]]:
    """The points as the joints take them along, and where the joints are."""
    spots: dict[str, Array] = {}
    turned: dict[str, Rotation] = {}
    for name, parent in JOINTS.items():
        if parent is None:
            spots[name], turned[name] = at[name], turns[name]
            continue
        spots[name] = spots[parent] + turned[parent].apply(at[name] - at[parent])
        turned[name] = turned[parent] * turns[name]
    moved = np.zeros_like(points)
    for number, name in enumerate(NAMES):
        share = (shares * (joints == number)).sum(axis=1)
        mine = share > 0
        if mine.any():
            moved[mine] += share[mine, None] * (spots[name] + turned[name].apply(points[mine] - at[name]))
    return moved, spots
