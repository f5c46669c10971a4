"""What the figures look like: cross-sections of a woman's, a man's and a child's mannequin, as drawn, in metres.

Heights count from the sole of the foot as if it stood flat; x is to the figure's left, z to its front. The fit to a
size (:mod:`assets.generators.mannequin_fit`) scales these; the lines between them are drawn here, by eye, after
the canon of seven and three quarter to eight heads.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Build:
    """One figure as drawn. Tables are float64[stations, columns]:

    ``torso`` y, half width, front, back, power, widest (share from back to front); ``leg`` y, inner, outer, front,
    back, power; ``arm`` distance from the shoulder, front, back, outer, inner; ``foot`` z, sole, instep, half width,
    power; ``head`` height over the chin, half width, front, back; ``levels`` heights of crotch, hip, waist,
    under bust, bust, shoulder, nape, chin and crown; ``spots`` single numbers, in :data:`SPOTS`' order.
    """

    torso: Array
    leg: Array
    arm: Array
    foot: Array
    head: Array
    levels: Array
    spots: Array

    def spot(self, name: str) -> float:
        """One number by its name."""
        return float(self.spots[SPOTS.index(name)])


SPOTS: Final = (
    "shoulder_x",  # half the distance of the acromia
    "shoulder_z",
    "elbow",  # distances along the arm from the shoulder's joint
    "wrist",
    "hand",  # scale of the hand; 1 is 0.175 m long
    "lift",  # of the heel over the floor
    "bust",  # how much breast there is, 0..1
    "bust_x",
    "bust_r",
    "pec",  # how much chest muscle there is, 0..1
    "glute_r",
    "glute_x",
    "neck_r",
    "neck_z_low",
    "neck_z_high",
    "hip_x",
    "head_z",
    "trapezius",
)


def blend(one: Build, two: Build, share: float) -> Build:
    """The figure that lies ``share`` of the way from one to the other."""
    mixed = {
        field.name: getattr(one, field.name) * (1 - share) + getattr(two, field.name) * share
        for field in fields(Build)
    }
    return Build(**mixed)


def _spots(**values: float) -> Array:
    return np.array([values[name] for name in SPOTS])


FEMALE: Final = Build(
    torso=np.array([
        (0.735, 0.096, 0.052, -0.064, 2.05, 0.50),
        (0.790, 0.148, 0.070, -0.092, 2.07, 0.50),
        (0.845, 0.171, 0.086, -0.107, 2.09, 0.50),
        (0.895, 0.172, 0.093, -0.106, 2.11, 0.50),
        (0.945, 0.163, 0.096, -0.095, 2.09, 0.50),
        (1.000, 0.148, 0.094, -0.083, 2.07, 0.50),
        (1.055, 0.1375, 0.0905, -0.0795, 2.07, 0.50),
        (1.100, 0.137, 0.0915, -0.0845, 2.07, 0.50),
        (1.150, 0.140, 0.094, -0.093, 2.09, 0.50),
        (1.195, 0.144, 0.094, -0.101, 2.11, 0.48),
        (1.240, 0.147, 0.088, -0.107, 2.13, 0.45),
        (1.290, 0.148, 0.075, -0.108, 2.13, 0.42),
        (1.335, 0.138, 0.058, -0.101, 2.11, 0.42),
        (1.365, 0.113, 0.045, -0.093, 2.07, 0.42),
        (1.395, 0.074, 0.029, -0.084, 2.04, 0.45),
        (1.425, 0.046, 0.012, -0.074, 2.00, 0.50),
    ]),
    leg=np.array([
        (0.900, 0.0200, 0.1300, 0.0500, -0.0700, 2.05),
        (0.825, 0.0050, 0.1640, 0.0740, -0.0960, 2.10),
        (0.760, 0.0050, 0.1670, 0.0830, -0.0990, 2.10),
        (0.690, 0.0140, 0.1600, 0.0830, -0.0880, 2.10),
        (0.600, 0.0280, 0.1500, 0.0760, -0.0730, 2.05),
        (0.530, 0.0380, 0.1410, 0.0670, -0.0620, 2.05),
        (0.463, 0.0445, 0.1350, 0.0600, -0.0540, 2.10),
        (0.405, 0.0445, 0.1340, 0.0460, -0.0610, 2.05),
        (0.340, 0.0405, 0.1400, 0.0410, -0.0760, 2.05),
        (0.275, 0.0485, 0.1350, 0.0360, -0.0700, 2.00),
        (0.200, 0.0610, 0.1220, 0.0300, -0.0520, 2.00),
        (0.135, 0.0670, 0.1150, 0.0270, -0.0430, 2.00),
        (0.100, 0.0675, 0.1150, 0.0270, -0.0430, 2.00),
        (0.070, 0.0650, 0.1180, 0.0300, -0.0440, 2.00),
    ]),
    arm=np.array([
        (-0.035, 0.0380, -0.0400, 0.0360, -0.0400),
        (0.010, 0.0450, -0.0460, 0.0460, -0.0450),
        (0.063, 0.0470, -0.0470, 0.0490, -0.0440),
        (0.125, 0.0470, -0.0450, 0.0440, -0.0430),
        (0.188, 0.0440, -0.0430, 0.0410, -0.0420),
        (0.251, 0.0380, -0.0400, 0.0370, -0.0380),
        (0.303, 0.0350, -0.0390, 0.0360, -0.0350),
        (0.350, 0.0370, -0.0390, 0.0380, -0.0350),
        (0.418, 0.0340, -0.0340, 0.0330, -0.0310),
        (0.491, 0.0290, -0.0280, 0.0250, -0.0240),
        (0.559, 0.0260, -0.0250, 0.0190, -0.0180),
        (0.590, 0.0260, -0.0250, 0.0180, -0.0170),
    ]),
    foot=np.array([
        (-0.066, 0.074, 0.118, 0.026, 2.2),
        (-0.040, 0.068, 0.150, 0.030, 2.2),
        (-0.010, 0.066, 0.172, 0.032, 2.2),
        (0.020, 0.062, 0.165, 0.033, 2.2),
        (0.050, 0.047, 0.132, 0.034, 2.2),
        (0.080, 0.024, 0.098, 0.038, 2.2),
        (0.108, 0.006, 0.066, 0.042, 2.3),
        (0.132, 0.000, 0.044, 0.041, 2.4),
        (0.160, 0.000, 0.028, 0.034, 2.4),
        (0.178, 0.001, 0.020, 0.026, 2.3),
    ]),
    head=np.array([
        (0.000, 0.040, 0.074, -0.004),
        (0.035, 0.052, 0.081, -0.034),
        (0.070, 0.062, 0.086, -0.064),
        (0.105, 0.0705, 0.089, -0.086),
        (0.140, 0.0750, 0.090, -0.096),
        (0.175, 0.0762, 0.0895, -0.0985),
        (0.215, 0.0762, 0.0895, -0.0985),
    ]),
    levels=np.array([0.795, 0.850, 1.055, 1.150, 1.225, 1.378, 1.440, 1.465, 1.680]),
    spots=_spots(
        shoulder_x=0.1885,
        shoulder_z=-0.022,
        elbow=0.303,
        wrist=0.5695,
        hand=1.0,
        lift=0.070,
        bust=1.0,
        bust_x=0.078,
        bust_r=0.062,
        pec=0.0,
        glute_r=0.082,
        glute_x=0.074,
        neck_r=0.0500,
        neck_z_low=-0.038,
        neck_z_high=-0.004,
        hip_x=0.086,
        head_z=0.012,
        trapezius=0.031,
    ),
)  # fmt: skip

MALE: Final = Build(
    torso=np.array(
        [
            (0.805, 0.096, 0.056, -0.066, 2.05, 0.50),
            (0.862, 0.146, 0.073, -0.092, 2.09, 0.50),
            (0.922, 0.170, 0.088, -0.107, 2.12, 0.50),
            (0.980, 0.170, 0.094, -0.107, 2.14, 0.50),
            (1.030, 0.163, 0.096, -0.098, 2.14, 0.50),
            (1.080, 0.156, 0.096, -0.092, 2.14, 0.50),
            (1.130, 0.154, 0.098, -0.091, 2.14, 0.50),
            (1.180, 0.157, 0.102, -0.096, 2.14, 0.50),
            (1.235, 0.165, 0.107, -0.106, 2.14, 0.50),
            (1.285, 0.174, 0.109, -0.115, 2.14, 0.48),
            (1.335, 0.180, 0.104, -0.120, 2.14, 0.45),
            (1.385, 0.182, 0.092, -0.120, 2.12, 0.43),
            (1.435, 0.172, 0.074, -0.114, 2.10, 0.42),
            (1.475, 0.142, 0.056, -0.104, 2.07, 0.42),
            (1.510, 0.090, 0.036, -0.094, 2.04, 0.45),
            (1.542, 0.056, 0.018, -0.080, 2.00, 0.50),
        ]
    ),
    leg=np.array([
        (0.985, 0.0220, 0.1280, 0.0540, -0.0720, 2.10),
        (0.900, 0.0050, 0.1640, 0.0800, -0.0980, 2.10),
        (0.830, 0.0050, 0.1720, 0.0900, -0.1020, 2.15),
        (0.755, 0.0140, 0.1680, 0.0910, -0.0920, 2.10),
        (0.655, 0.0280, 0.1580, 0.0830, -0.0790, 2.10),
        (0.575, 0.0380, 0.1490, 0.0730, -0.0680, 2.10),
        (0.503, 0.0450, 0.1440, 0.0660, -0.0590, 2.15),
        (0.440, 0.0445, 0.1440, 0.0500, -0.0670, 2.05),
        (0.368, 0.0390, 0.1520, 0.0450, -0.0850, 2.05),
        (0.297, 0.0470, 0.1460, 0.0400, -0.0780, 2.00),
        (0.215, 0.0620, 0.1310, 0.0330, -0.0570, 2.00),
        (0.145, 0.0690, 0.1230, 0.0300, -0.0470, 2.00),
        (0.108, 0.0695, 0.1230, 0.0300, -0.0470, 2.00),
        (0.076, 0.0670, 0.1260, 0.0330, -0.0480, 2.00),
    ]),
    arm=np.array([
        (-0.040, 0.0430, -0.0449, 0.0393, -0.0430),
        (0.010, 0.0514, -0.0514, 0.0514, -0.0496),
        (0.068, 0.0533, -0.0524, 0.0561, -0.0468),
        (0.135, 0.0524, -0.0496, 0.0486, -0.0449),
        (0.203, 0.0496, -0.0468, 0.0430, -0.0449),
        (0.273, 0.0421, -0.0421, 0.0383, -0.0402),
        (0.329, 0.0383, -0.0421, 0.0383, -0.0374),
        (0.377, 0.0421, -0.0430, 0.0421, -0.0374),
        (0.450, 0.0383, -0.0374, 0.0355, -0.0337),
        (0.529, 0.0318, -0.0309, 0.0271, -0.0262),
        (0.604, 0.0290, -0.0281, 0.0206, -0.0196),
        (0.638, 0.0290, -0.0281, 0.0196, -0.0187),
    ]),
    foot=np.array([
        (-0.076, 0.024, 0.072, 0.030, 2.2),
        (-0.046, 0.018, 0.108, 0.034, 2.2),
        (-0.012, 0.018, 0.130, 0.036, 2.2),
        (0.022, 0.018, 0.128, 0.037, 2.2),
        (0.060, 0.016, 0.106, 0.039, 2.2),
        (0.098, 0.010, 0.084, 0.044, 2.2),
        (0.132, 0.003, 0.064, 0.049, 2.3),
        (0.160, 0.000, 0.048, 0.048, 2.4),
        (0.190, 0.000, 0.032, 0.040, 2.4),
        (0.208, 0.001, 0.023, 0.030, 2.3),
    ]),
    head=np.array([
        (0.000, 0.046, 0.080, -0.004),
        (0.037, 0.058, 0.087, -0.036),
        (0.075, 0.067, 0.092, -0.068),
        (0.112, 0.0745, 0.094, -0.091),
        (0.150, 0.0785, 0.095, -0.101),
        (0.187, 0.0795, 0.0945, -0.1035),
        (0.230, 0.0795, 0.0945, -0.1035),
    ]),
    levels=np.array([0.867, 0.930, 1.130, 1.235, 1.330, 1.490, 1.552, 1.572, 1.800]),
    spots=_spots(
        shoulder_x=0.213,
        shoulder_z=-0.022,
        elbow=0.329,
        wrist=0.615,
        hand=1.10,
        lift=0.018,
        bust=0.0,
        bust_x=0.088,
        bust_r=0.070,
        pec=1.0,
        glute_r=0.084,
        glute_x=0.072,
        neck_r=0.0550,
        neck_z_low=-0.040,
        neck_z_high=-0.004,
        hip_x=0.090,
        head_z=0.014,
        trapezius=0.041,
    ),
)  # fmt: skip


def _flat(build: Build) -> Build:
    """Without breasts, and with half of a man's chest."""
    spots = build.spots.copy()
    spots[SPOTS.index("bust")], spots[SPOTS.index("pec")] = 0.0, 0.6
    return replace(build, spots=spots)


NEUTRAL: Final = _flat(blend(FEMALE, MALE, 0.5))


_CHILD_LEVELS: Final = np.array([0.764, 0.826, 1.022, 1.105, 1.178, 1.335, 1.394, 1.404, 1.680])


def _child(grown: Build) -> Build:
    """A child of seven, drawn as large as a grown-up: six heads tall, straight of waist, slim of limb."""
    place, below = np.concatenate([[0.0], grown.levels]), np.concatenate([[0.0], _CHILD_LEVELS])

    def down(y: Array) -> Array:
        return np.asarray(np.interp(y, place, below), dtype=np.float64)

    torso, leg, arm, foot = (table.copy() for table in (grown.torso, grown.leg, grown.arm, MALE.foot))
    foot[:, 0:4] *= 0.92
    torso[:, 0], leg[:, 0] = down(torso[:, 0]), down(leg[:, 0])
    torso[:, 1:4] *= np.interp(torso[:, 0], _CHILD_LEVELS[[1, 2, 4]], [0.95, 1.06, 0.98])[:, None]
    leg[:, 1:5] *= 0.96
    arm[:, 1:] *= 0.93
    head = grown.head * ((_CHILD_LEVELS[8] - _CHILD_LEVELS[7]) / (grown.levels[8] - grown.levels[7]))
    spots = grown.spots.copy()
    for name, value in (("bust", 0.0), ("pec", 0.0), ("lift", 0.016), ("shoulder_x", 0.1885), ("trapezius", 0.031)):
        spots[SPOTS.index(name)] = value
    spots[SPOTS.index("glute_r")] *= 0.94
    return Build(torso=torso, leg=leg, arm=arm, foot=foot, head=head, levels=_CHILD_LEVELS, spots=spots)


CHILD: Final = _child(blend(FEMALE, MALE, 0.5))
