"""A mannequin's surface: torso, limbs, hands, feet and head as one smooth field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import PchipInterpolator

from assets.generators.mannequin_builds import Build
from assets.generators.mannequin_field import Array, Field, Loft, cone, ellipsoid, union
from assets.generators.mannequin_hand import hand

ARM_ANGLE: Final = np.radians(36.0)  # of the arms from straight down, in the A-pose
TOE_OUT: Final = np.radians(6.0)
_FAR: Final = 0.12


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a size changes of a build: scales of girths and lengths. 1 is as drawn.

    ``shoulder`` metres are added to half the shoulder width.
    """

    height: float = 1.0
    inseam: float = 1.0
    sleeve: float = 1.0
    shoulder: float = 0.0
    hip: float = 1.0
    waist: float = 1.0
    bust: float = 1.0
    neck: float = 1.0
    upper_arm: float = 1.0
    wrist: float = 1.0
    thigh: float = 1.0
    calf: float = 1.0
    ankle: float = 1.0
    head: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """``field`` is the surface; ``joints`` float64[3] by name, the figure's left side; ``levels`` heights by name,
    over the floor; ``arm``, ``palm`` and ``thumb`` unit vectors of the left arm: along it, out of the palm, forward.
    """

    field: Field
    joints: dict[str, Array]
    levels: dict[str, float]
    arm: Array
    palm: Array
    thumb: Array
    lift: float
    hand: float
    fingers: tuple[Array, ...]
    arm_loft: Loft
    leg_loft: Loft
    torso_loft: Loft
    foot_loft: Loft
    head_loft: Loft


LEVELS: Final = ("crotch", "hip", "waist", "underbust", "bust", "shoulder", "nape", "chin", "crown")


def shape(build: Build, fit: Fit) -> Shape:
    """The figure of a build in a size."""
    spot = build.spot
    lift = spot("lift")
    crotch, crown = float(build.levels[0]), float(build.levels[-1])
    raise_ = PchipInterpolator(
        [-0.1, 0.0, crotch, crown, crown + 0.1],
        np.array([-0.1, 0.0, crotch * fit.inseam, crown * fit.height, crown * fit.height + 0.1]) + lift,
    )

    def up(y: float | Array) -> Array:
        return np.asarray(raise_(y), dtype=np.float64)

    levels = {name: float(up(float(y))) for name, y in zip(LEVELS, build.levels, strict=True)}
    torso = _torso(build, fit, up)
    leg, foot = _leg(build, fit, up), _foot(build, fit)
    tall = fit.height
    shoulder_x = spot("shoulder_x") + fit.shoulder
    joint = np.array([shoulder_x - 0.026, levels["shoulder"] - 0.036, spot("shoulder_z")])
    along = np.array([np.sin(ARM_ANGLE), -np.cos(ARM_ANGLE), 0.0])
    outer = np.array([np.cos(ARM_ANGLE), np.sin(ARM_ANGLE), 0.0])
    front = np.array([0.0, 0.0, 1.0])
    arm = _arm(build, fit, joint, np.stack([along, front, outer]))
    wrist = joint + along * spot("wrist") * fit.sleeve
    hand_scale = spot("hand") * fit.sleeve
    palm, fingers = hand(wrist, along, front, -outer, hand_scale)
    head_height = levels["crown"] - levels["chin"]
    head_scale = head_height / float(build.levels[8] - build.levels[7])
    head = _head(build, fit, levels["chin"], head_scale)
    neck_low = np.array([0.0, levels["nape"] - 0.055 * tall, spot("neck_z_low")])
    neck_high = np.array([0.0, levels["chin"] + 0.065 * head_scale, spot("neck_z_high")])
    neck_r = spot("neck_r") * fit.neck
    neck = cone(neck_low, neck_high, neck_r * 1.12, neck_r * 0.94)
    trap_r = spot("trapezius")
    slope_in = np.array([0.012, levels["nape"] - 0.020, spot("neck_z_low") + 0.006])
    slope_out = joint + np.array([-0.012, 0.004, -0.004])
    trapezius = cone(slope_in, slope_out, trap_r * 1.05, trap_r * 0.92)
    clavicle = cone(
        np.array([0.024, levels["shoulder"] - 0.016, 0.026]),
        np.array([shoulder_x - 0.060, levels["shoulder"] - 0.008, -0.006]),
        0.0085, 0.0080,
    )  # fmt: skip
    chest = _chest(build, fit, levels)
    glute_r = spot("glute_r") * (0.35 + 0.65 * fit.hip)
    glute = ellipsoid(
        np.array([spot("glute_x") * fit.hip, levels["hip"] - 0.004, -0.056 * (0.5 + 0.5 * fit.hip)]),
        glute_r * np.array([0.90, 1.00, 0.90]),
    )
    deltoid = ellipsoid(
        joint + along * 0.030 + outer * 0.006, (spot("shoulder_x") / 0.1885) * np.array([0.044, 0.060, 0.047])
    )
    torso_f, leg_f, foot_f, arm_f, head_f = torso.field(), leg.field(), foot.field(), arm.field(), head.field()
    leg_top = float(leg.at.max())

    def lower(p: Array) -> Array:
        """One leg with its foot."""
        found = np.full(len(p), _FAR)
        near = p[:, 1] < leg_top + 0.09
        q = p[near]
        value = leg_f(q)
        low = q[:, 1] < 0.25 + lift
        if low.any():
            value[low] = union(value[low], foot_f(q[low]), 0.035)
        found[near] = value
        return found

    def upper(p: Array) -> Array:
        """One arm with its hand."""
        local = p - joint
        found = np.full(len(p), _FAR)
        t = local @ along
        near = (t > -0.15) & (np.abs(local @ outer) < 0.22) & (np.abs(local[:, 2]) < 0.22)
        q = p[near]
        value = union(arm_f(q), deltoid(q), 0.03)
        far = t[near] > spot("wrist") * fit.sleeve - 0.08
        if far.any():
            value[far] = union(value[far], palm(q[far]), 0.018)
        found[near] = value
        return found

    def field(points: Array) -> Array:
        p = points * np.array([0.0, 1.0, 1.0]) + np.abs(points[:, :1]) * np.array([1.0, 0.0, 0.0])
        other = p * np.array([-1.0, 1.0, 1.0])
        middle = p[:, 0] < 0.10
        value = torso_f(p)
        chest_zone = (p[:, 1] > levels["waist"]) & (p[:, 1] < levels["nape"])
        q = p[chest_zone]
        pieces = chest(q)
        near_middle = q[:, 0] < 0.10
        pieces[near_middle] = union(pieces[near_middle], chest(other[chest_zone][near_middle]), 0.028)
        value[chest_zone] = union(value[chest_zone], pieces, 0.040 + 0.025 * spot("pec"))
        hips = (p[:, 1] < levels["waist"]) & (p[:, 1] > levels["crotch"] - 0.12)
        q = p[hips]
        seat = union(glute(q), glute(other[hips]), 0.010)
        value[hips] = union(value[hips], seat, 0.070)
        top = p[:, 1] > levels["shoulder"] - 0.14
        q = p[top]
        high = union(value[top], trapezius(q), 0.070)
        high = union(high, clavicle(q), 0.030)
        skull = union(neck(q), head_f(q), 0.028)
        value[top] = union(high, skull, 0.062)
        legs = lower(p)
        legs[middle] = union(legs[middle], lower(other[middle]), 0.012)
        # Between the legs the torso gives way, and little is filled; outwards the joint is soft.
        gap = np.hypot(p[:, 0], np.maximum(p[:, 1] - levels["crotch"], 0.0))
        gap -= 0.008 + 0.12 * np.maximum(levels["crotch"] - p[:, 1], 0.0)
        value = -union(-value, gap, 0.030)
        value = union(value, legs, 0.014 + 0.041 * _ease(p[:, 0] / 0.09))
        value = union(value, upper(p), 0.060)
        return value + _lines(p, levels, spot("pec"))

    joints = {
        "hip": np.array([spot("hip_x"), levels["crotch"] + 0.075 * tall, -0.008]),
        "knee": np.array([0.0, float(up(float(build.leg[6, 0]))), 0.002]),
        "ankle": np.array([0.0, float(up(0.078)), -0.008]),
        "toe": np.array([0.0, 0.024, float(foot.origin[2] + foot.at[6])]),
        "shoulder": joint,
        "elbow": joint + along * spot("elbow") * fit.sleeve,
        "wrist": wrist,
        "neck": np.array([0.0, levels["nape"] - 0.010, spot("neck_z_low") + 0.006]),
        "head": np.array([0.0, levels["chin"] + 0.045 * head_scale, spot("neck_z_high")]),
        "pelvis": np.array([0.0, levels["crotch"] + 0.105 * tall, -0.012]),
        "spine": np.array([0.0, levels["waist"] - 0.015, -0.010]),
        "chest": np.array([0.0, levels["underbust"] + 0.015, -0.020]),
        "clavicle": np.array([0.020, levels["shoulder"] - 0.010, -0.012]),
    }
    for name, row in (("knee", 6), ("ankle", 12)):
        joints[name][0] = float(build.leg[row, 1] + build.leg[row, 2]) / 2
    joints["toe"][0] = float(foot.origin[0] + np.sin(TOE_OUT) * foot.at[6])
    return Shape(
        field=field,
        joints=joints,
        levels=levels,
        arm=along,
        palm=-outer,
        thumb=front,
        lift=lift,
        hand=hand_scale,
        fingers=fingers,
        arm_loft=arm,
        leg_loft=leg,
        torso_loft=torso,
        foot_loft=foot,
        head_loft=head,
    )


def _lines(p: Array, levels: dict[str, float], pec: float) -> Array:
    """The furrows of the spine, the breastbone and the belly: what is added to the field, metres."""
    x, y, z = p.T
    back = _window(y, levels["hip"] + 0.065, levels["nape"] - 0.02, 0.05) * (z < 0)
    front = _window(y, levels["crotch"] + 0.12, levels["bust"] + 0.06, 0.04) * (z > 0)
    furrow: Array = 0.0042 * back * np.exp(-((x / 0.016) ** 2)) + (0.0008 + 0.0012 * pec) * front * np.exp(
        -((x / 0.018) ** 2)
    )
    return furrow


def _window(y: Array, low: float, high: float, soft: float) -> Array:
    window: Array = _ease((y - low) / soft) * _ease((high - y) / soft)
    return window


def _ease(share: Array) -> Array:
    t = np.clip(share, 0, 1)
    eased: Array = t * t * (3 - 2 * t)
    return eased


def _scaled(low: Array, high: Array, scale: Array) -> tuple[Array, Array]:
    middle = (low + high) / 2
    return middle + (low - middle) * scale, middle + (high - middle) * scale


def _torso(build: Build, fit: Fit, up: Field) -> Loft:
    y, half, front, back, power, widest = build.torso.T
    at = build.levels
    scale = PchipInterpolator(
        [y[0], at[1], at[2], at[3], at[4] + 0.03, y[-3], y[-1]],
        [fit.hip, fit.hip, fit.waist, (fit.bust * 2 + fit.waist) / 3, fit.bust, (fit.bust + fit.neck) / 2, fit.neck],
    )(y)
    widen = PchipInterpolator([y[0], at[3], at[5] - 0.08, at[5], y[-1]], [0.0, 0.0, 0.8, 0.6, 0.0])(y) * fit.shoulder
    low_u, high_u = _scaled(-half, half, scale)
    low_v, high_v = _scaled(back, front, scale)
    return Loft(
        origin=np.zeros(3), axes=np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]), at=up(y),
        low_u=low_u - widen, high_u=high_u + widen, low_v=low_v, high_v=high_v, power=power, widest=widest,
        round_low=0.05, round_high=0.03,
    )  # fmt: skip


def _leg(build: Build, fit: Fit, up: Field) -> Loft:
    y, inner, outer, front, back, power = build.leg[::-1].T
    knee = (fit.thigh + fit.calf) / 2
    level = build.leg[:, 0]
    scale = PchipInterpolator(
        [y[0], level[11], level[8], level[6], level[3], y[-1]],
        [fit.ankle, fit.ankle, fit.calf, knee, fit.thigh, fit.thigh],
    )(y)
    low_u, high_u = _scaled(inner, outer, scale)
    # A thicker thigh grows outwards: on the inside is the other one.
    shift = np.maximum(inner - low_u, 0.0) * np.clip((y - level[6]) / (level[3] - level[6]), 0, 1)
    low_u, high_u = low_u + shift, high_u + shift
    low_v, high_v = _scaled(back, front, scale)
    return Loft(
        origin=np.zeros(3), axes=np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]), at=up(y),
        low_u=low_u, high_u=high_u, low_v=low_v, high_v=high_v, power=power,
        widest=np.interp(y, [level[8], level[6]], [0.52, 0.5]), round_high=0.06, round_low=0.03,
    )  # fmt: skip


def _foot(build: Build, fit: Fit) -> Loft:
    z, sole, instep, half, power = build.foot.T
    middle = float(build.leg[12, 1] + build.leg[12, 2]) / 2
    size = (fit.height + fit.ankle) / 2
    return Loft(
        origin=np.array([middle, 0.0, -0.006]),
        axes=np.array(
            [[np.sin(TOE_OUT), 0, np.cos(TOE_OUT)], [np.cos(TOE_OUT), 0, -np.sin(TOE_OUT)], [0.0, 1, 0]]
        ),
        at=z * size, low_u=-half * size, high_u=half * size, low_v=sole, high_v=sole + (instep - sole) * size,
        power=power, widest=np.interp(z, [z[0], 0.0, 0.10], [0.45, 0.35, 0.30]),
        round_low=0.030 * size, round_high=0.032 * size,
    )  # fmt: skip


def _arm(build: Build, fit: Fit, joint: Array, axes: Array) -> Loft:
    t, front, back, outer, inner = build.arm.T
    scale = PchipInterpolator(
        [t[0], 0.0, t[3], build.spot("elbow"), build.spot("wrist"), t[-1]],
        [
            (1 + fit.upper_arm) / 2,
            fit.upper_arm,
            fit.upper_arm,
            (fit.upper_arm + fit.wrist) / 2,
            fit.wrist,
            fit.wrist,
        ],
    )(t)
    low_u, high_u = _scaled(back, front, scale)
    low_v, high_v = _scaled(inner, outer, scale)
    return Loft(
        origin=joint, axes=axes, at=np.where(t > 0, t * fit.sleeve, t),
        low_u=low_u, high_u=high_u, low_v=low_v, high_v=high_v,
        power=np.full(len(t), 2.05), widest=np.full(len(t), 0.5), round_low=0.045, round_high=0.012,
    )  # fmt: skip


def _head(build: Build, fit: Fit, chin: float, scale: float) -> Loft:
    t, half, front, back = build.head.T
    wide = fit.head * scale
    return Loft(
        origin=np.array([0.0, chin, build.spot("head_z")]), axes=np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]]),
        at=t * scale, low_u=-half * wide, high_u=half * wide, low_v=back * wide, high_v=front * wide,
        power=np.full(len(t), 2.0), widest=np.full(len(t), 0.5),
        round_low=0.062 * scale, round_high=0.105 * scale,
    )  # fmt: skip


def _chest(build: Build, fit: Fit, levels: dict[str, float]) -> Field:
    """The breast or the chest muscle of one side."""
    spot = build.spot
    much, muscle = spot("bust"), spot("pec")
    r = spot("bust_r") * fit.bust
    x = spot("bust_x") * (0.5 + 0.5 * fit.bust)
    breast = ellipsoid(
        np.array([x, levels["bust"] - 0.002, 0.062 * fit.bust]),
        r * np.array([1.0, 1.02, 0.93]) * max(much, 0.01),
    )
    slope = ellipsoid(
        np.array([x * 0.94, levels["bust"] + 0.050, 0.050 * fit.bust]),
        np.array([0.052, 0.080, 0.036]) * max(much, 0.01),
    )
    pec = ellipsoid(
        np.array([0.085 * fit.bust, levels["bust"] + 0.042, 0.050 * fit.bust]),
        np.array([0.098, 0.086, 0.044]) * max(muscle, 0.01),
    )

    def value(p: Array) -> Array:
        found = np.full(len(p), _FAR)
        if much > 0.02:
            found = union(breast(p), slope(p), 0.06)
        if muscle > 0.02:
            found = union(found, pec(p), 0.02)
        return found

    return value
