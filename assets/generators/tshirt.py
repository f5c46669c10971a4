"""A T-shirt, women's M: front, back, two sleeves and a ribbed collar, sewn and draped over the dress form."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import torso
from assets.generators.cloth import Cloth, Collider, Drape, relax
from assets.generators.garment import Draped, even, face_of, hem, over, smooth, stitches, sunken, vertex_normals
from assets.generators.pattern import Panel, Sewn, constraints, length, panel, sew
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Array = NDArray[np.float64]

# The flat pattern, metres; y = 0 at the high point of the shoulder.
_NECK: Final = 0.088
_SHOULDER: Final = (0.192, -0.042)
_UNDERARM: Final = (0.238, -0.215)
_WAIST: Final = (0.240, -0.40)
_HEM: Final = (0.262, -0.580)
_NECK_DROP: Final = {"front": 0.082, "back": 0.022}
_SLEEVE: Final = 0.085  # underarm length
_CAP: Final = 0.105
_CUFF: Final = 0.148  # half the sleeve's hem
_COLLAR: Final = 0.019
_COLLAR_EASE: Final = 0.90
_ARM_LEAN: Final = 0.42  # radians from straight down, of the arm that holds the sleeve while it is draped
_WEIGHT: Final = 0.16  # kg/m^2, a 160 g jersey

SPACING: Final = 0.011


def _curve(*points: tuple[float, float]) -> Array:
    """A cubic Bezier through two ends with two handles."""
    p = np.array(points)
    t = np.linspace(0, 1, 60)[:, None]
    return np.asarray((1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1] + 3 * t**2 * (1 - t) * p[2] + t**3 * p[3])


def _armhole() -> Array:
    (sx, sy), (ux, uy) = _SHOULDER, _UNDERARM
    return _curve((ux, uy), (ux - 0.052, uy + 0.004), (sx - 0.016, uy + 0.082), (sx, sy))


def _side() -> Array:
    return _curve(_HEM, (_HEM[0] - 0.012, -0.52), (_WAIST[0] - 0.010, -0.34), _UNDERARM)


def _counts(spacing: float) -> dict[str, int]:
    def of(line: Array) -> int:
        return max(2, round(length(line) / spacing))

    return {
        "armhole": of(_armhole()),
        "side": of(_side()),
        "hem": 2 * round(_HEM[0] / spacing),
        "shoulder": of(np.array([(_NECK, 0.0), _SHOULDER])),
        "front": 2 * round(length(_neckline("front")) / 2 / spacing),
        "back": 2 * round(length(_neckline("back")) / 2 / spacing),
        "under": max(2, round(_SLEEVE / spacing)),
        "collar": 2,
    }


def _neckline(side: str) -> Array:
    drop = _NECK_DROP[side]
    half = _curve((_NECK, 0.0), (_NECK - 0.006, -0.62 * drop), (0.60 * _NECK, -drop), (0.0, -drop))
    return np.concatenate([half, half[-2::-1] * [-1, 1]])


def _body(name: str, spacing: float) -> Panel:
    n = _counts(spacing)
    mirror = np.array([-1.0, 1.0])
    return panel(
        name,
        [
            ("hem", np.array([(-_HEM[0], _HEM[1]), _HEM]), n["hem"]),
            ("side-right", _side(), n["side"]),
            ("armhole-right", _armhole(), n["armhole"]),
            ("shoulder-right", np.array([_SHOULDER, (_NECK, 0.0)]), n["shoulder"]),
            ("neck", _neckline(name), n[name]),
            ("shoulder-left", np.array([(_NECK, 0.0), _SHOULDER]) * mirror, n["shoulder"]),
            ("armhole-left", _armhole()[::-1] * mirror, n["armhole"]),
            ("side-left", _side()[::-1] * mirror, n["side"]),
        ],
        spacing,
    )


def _cap(biceps: float) -> Array:
    x = np.linspace(-1, 1, 161)
    return np.stack([-x * biceps, _CAP * (0.5 + 0.5 * np.cos(np.pi * x)) ** 0.82], axis=1)


def _biceps() -> float:
    """Half the sleeve's width at which its cap is as long as the armholes that it is sewn to."""
    wanted, low, high = 2 * length(_armhole()), 0.10, 0.24
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if length(_cap(middle)) < wanted else (low, middle)
    return low


def _sleeve(name: str, spacing: float) -> Panel:
    n, b = _counts(spacing), _biceps()
    cuffs = 2 * round(_CUFF / spacing)
    return panel(
        name,
        [
            ("hem", np.array([(-_CUFF, -_SLEEVE), (_CUFF, -_SLEEVE)]), cuffs),
            ("under-right", np.array([(_CUFF, -_SLEEVE), (b, 0.0)]), n["under"]),
            ("cap-right", _cap(b)[:81], n["armhole"]),
            ("cap-left", _cap(b)[80:], n["armhole"]),
            ("under-left", np.array([(-b, 0.0), (-_CUFF, -_SLEEVE)]), n["under"]),
        ],
        spacing,
    )


def _collar(spacing: float) -> Panel:
    n = _counts(spacing)
    around = n["front"] + n["back"]
    half = (length(_neckline("front")) + length(_neckline("back"))) * _COLLAR_EASE / 2
    split = half * (2 * n["front"] / around - 1)
    low, top = 0.0, _COLLAR
    return panel(
        "collar",
        [
            ("front", np.array([(-half, low), (split, low)]), n["front"]),
            ("back", np.array([(split, low), (half, low)]), n["back"]),
            ("end", np.array([(half, low), (half, top)]), n["collar"]),
            ("rim", np.array([(half, top), (-half, top)]), around),
            ("start", np.array([(-half, top), (-half, low)]), n["collar"]),
        ],
        spacing,
    )


def cut(spacing: float = SPACING) -> Sewn:
    """All panels, sewn."""
    pieces = [_body("front", spacing), _body("back", spacing), _sleeve("sleeve-left", spacing)]
    pieces += [_sleeve("sleeve-right", spacing), _collar(spacing)]
    # The back panel is drawn as seen from behind, so its right is the wearer's right.
    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("front", "shoulder-right", "back", "shoulder-left", True),
        ("front", "shoulder-left", "back", "shoulder-right", True),
        ("sleeve-left", "cap-right", "back", "armhole-left", True),
        ("sleeve-left", "cap-left", "front", "armhole-right", True),
        ("sleeve-left", "under-left", "sleeve-left", "under-right", True),
        ("sleeve-right", "cap-right", "front", "armhole-left", True),
        ("sleeve-right", "cap-left", "back", "armhole-right", True),
        ("sleeve-right", "under-left", "sleeve-right", "under-right", True),
        ("collar", "front", "front", "neck", True),
        ("collar", "back", "back", "neck", True),
        ("collar", "start", "collar", "end", True),
    ]
    return sew(pieces, seams)


def _arm(side: int) -> tuple[Array, Array]:
    root = np.array([side * 0.160, 1.445, -0.016])
    return root, np.array([side * np.sin(_ARM_LEAN), -np.cos(_ARM_LEAN), 0.03])


def _collider(body: Collider) -> Collider:
    """The body and the arms that the form does not have, so that sleeves hang as they would on a person."""

    def collide(points: Array) -> tuple[Array, Array]:
        distance, outward = body(points)
        for side in (-1, 1):
            root, way = _arm(side)
            way = way / np.linalg.norm(way)
            offset = points - root
            along = np.clip(offset @ way, 0.0, 0.30)
            nearest = offset - along[:, None] * way
            away = np.linalg.norm(nearest, axis=1)
            skin = away - (0.050 - 0.020 * along)
            arm = skin < distance
            distance = np.where(arm, skin, distance)
            outward = np.where(arm[:, None], nearest / np.maximum(away, 1e-9)[:, None], outward)
        return distance, outward

    return collide


def _start(sewn: Sewn) -> Array:
    """Panels round the body before they are sewn: no particle inside, little stretch."""
    top = 1.545
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    for p in sewn.panels:
        x, y = p.flat.T
        if p.name in {"front", "back"}:
            front = p.name == "front"
            turn = np.clip(x / 0.240, -1, 1) * np.pi / 2
            deep = 0.150 * np.sqrt(np.clip(-(y - 0.03) / 0.20, 0.03, 1))
            placed = np.stack([0.205 * np.sin(turn), top + y, deep * np.cos(turn)], axis=1)
            placed = placed if front else placed * [-1, 1, -1] - [0, 0, 0.02]
        elif p.name == "collar":
            around = x / (2 * np.abs(x).max()) * 2 * np.pi
            split = p.flat[p.edges["front"][-1], 0] / (2 * np.abs(x).max()) * 2 * np.pi
            middle = (split - np.pi) / 2
            placed = np.stack(
                [0.085 * np.sin(around - middle), top + y, -0.02 + 0.085 * np.cos(around - middle)], axis=1
            )
        else:
            side = 1 if p.name == "sleeve-left" else -1
            root, way = _arm(side)
            way = way / np.linalg.norm(way)
            across = np.array([side * np.cos(_ARM_LEAN), np.sin(_ARM_LEAN), 0.0])
            ahead = np.cross(way, across) * side
            ahead = ahead * np.sign(ahead[2])
            # x = 0 lies on top of the arm; the left sleeve's -x half looks to the front.
            around = x / _biceps() * np.pi * 0.98
            forward = -side * np.sin(around)
            radius = 0.064
            along = 0.085 - y
            placed = (
                root + along[:, None] * way + radius * (np.cos(around)[:, None] * across + forward[:, None] * ahead)
            )
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    return np.asarray(total / count[:, None])


def drape(under: Draped | None = None, spacing: float = SPACING) -> Draped:
    """Sews and relaxes: assembled without weight, then hung, then settled with the cloth seeing itself. What is
    worn ``under`` it keeps it off the body too.
    """
    body = torso.distance()
    collider = _collider(body if under is None else over(body, under))
    sewn = cut(spacing)
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    stiff = np.full(len(stretch), 2e-5)
    soft = np.full(len(bend), 4e-2)
    inverse = 1.0 / (area * _WEIGHT)
    rib = np.zeros(sewn.count, dtype=bool)
    rib[sewn.particle["collar"]] = True
    inverse[rib] *= 0.5
    soft[rib[bend].all(axis=1)] = 1e-3
    cloth = Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([stiff, soft]),
        inverse_mass=inverse,
    )
    x = _start(sewn)
    x = relax(cloth, x, collider, Drape(seconds=0.5, gravity=0.0, damping=12.0, friction=0.0))
    x = relax(cloth, x, collider, Drape(seconds=1.2, damping=3.0, friction=0.35))
    x = relax(cloth, x, collider, Drape(seconds=0.6, damping=8.0, friction=0.5, spacing=0.6 * spacing))
    rim = sewn.particle["collar"]
    x = smooth(sewn, x, 6, rim)
    for edges in ([("front", "hem"), ("back", "hem")], [("sleeve-left", "hem")], [("sleeve-right", "hem")]):
        x = even(sewn, x, edges)
    distance, outward = collider(x)
    x += outward * np.clip(0.0036 - distance, 0, None)[:, None]
    x = sunken(sewn, x)
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))


def model(draped: Draped, normal: Texture | None = None, rib: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre."""
    jersey = Material(
        name="jersey",
        base_color=(0.76, 0.76, 0.755, 1.0),
        metallic=0.0,
        roughness=0.88,
        normal_texture=normal,
        normal_scale=0.55,
        double_sided=True,
        sheen_color=(0.06, 0.06, 0.06),
        sheen_roughness=0.5,
    )
    collar = Material(
        name="rib",
        base_color=(0.70, 0.70, 0.695, 1.0),
        metallic=0.0,
        roughness=0.88,
        normal_texture=rib,
        double_sided=True,
    )
    thread = Material(name="thread", base_color=(0.62, 0.62, 0.615, 1.0), metallic=0.0, roughness=0.6)
    offsets = {"front": (0.0, 0.0), "back": (0.6, 0.0), "sleeve-left": (1.2, 0.0), "sleeve-right": (1.6, 0.0)}
    offsets["collar"] = (0.0, 0.8)
    cloth: list[Primitive] = []
    ribs: list[Primitive] = []
    seams: list[Primitive] = []
    for p in draped.sewn.panels:
        shift = -np.array(offsets[p.name])
        material = collar if p.name == "collar" else jersey
        (ribs if p.name == "collar" else cloth).append(face_of(draped, p, material, shift))
        if p.name == "collar":
            ribs.append(hem(draped, p, "rim", material, shift, depth=0.016, thickness=0.0024))
            continue
        cloth.append(hem(draped, p, "hem", material, shift))
        line = p.flat[p.edges["hem"]]
        rows = [line + np.array([0.0, up]) for up in (0.0185, 0.0235)]
        seams += [stitches(draped, p, row, thread) for row in rows]
        if p.name in {"front", "back"}:
            neck = p.flat[p.edges["neck"]]
            tangent = np.gradient(neck, axis=0)
            tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
            inward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
            seams.append(stitches(draped, p, (neck + 0.004 * inward)[1:-1], thread))
    mesh = Mesh(name="tshirt", primitives=(joined(cloth), joined(ribs), joined(seams)))
    node = Node(matrix=np.eye(4), name="tshirt", mesh=0)
    return Model(name="tshirt", nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
