"""Shapes of templates as paths of Skia, in millimetres on the card."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import skia

from assets.card_fit import Fit
from assets.card_shapes import (
    DiscShape,
    GroupShape,
    OutlineShape,
    PathShape,
    PolygonShape,
    RectShape,
    RosetteShape,
    Shape,
    StarShape,
)

_TOKEN: Final = re.compile(r"[MmLlHhVvCcQqZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ARITY: Final = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "q": 4, "z": 0}
_ROSETTE_STEPS: Final = 24  # points a petal

Outlines = Mapping[str, Shape]


def path(shape: Shape, fit: Fit, outlines: Outlines) -> skia.Path:
    """The outline of a shape. A group has none of its own and gives an empty one."""
    if isinstance(shape, OutlineShape):
        return path(_grown(outlines[shape.name], shape.grow_mm), fit, outlines)
    if isinstance(shape, RectShape):
        return _rect(shape, fit)
    if isinstance(shape, DiscShape):
        x, y = fit.point(shape.centre_mm)
        radii = shape.radius_mm if isinstance(shape.radius_mm, tuple) else (shape.radius_mm, shape.radius_mm)
        across, down = radii[0] * fit.scale, radii[1] * fit.scale
        return skia.Path.Oval(skia.Rect.MakeLTRB(x - across, y - down, x + across, y + down))
    if isinstance(shape, PolygonShape):
        return _polygon(shape, fit)
    if isinstance(shape, StarShape):
        return _star(shape, fit)
    if isinstance(shape, RosetteShape):
        return _rosette(shape, fit)
    if isinstance(shape, PathShape):
        drawn = svg(shape.d)
        matrix = skia.Matrix()
        scale = shape.scale * fit.scale
        matrix.setScaleTranslate(scale, scale, *fit.point(shape.at_mm))
        drawn.transform(matrix)
        if shape.even_odd:
            drawn.setFillType(skia.PathFillType.kEvenOdd)
        return drawn
    return skia.Path()


def svg(d: str) -> skia.Path:
    """A path from the SVG commands M L H V C Q Z, absolute and relative (SVG 1.1, 8.3). Raises ValueError."""
    drawn = skia.Path()
    tokens = _TOKEN.findall(d)
    place, command = 0, ""
    x = y = start_x = start_y = 0.0
    while place < len(tokens):
        if tokens[place].isalpha():
            command = tokens[place]
            place += 1
        kind = command.lower()
        if kind not in _ARITY:
            msg = f"a path begins with M, not {d[:12]!r}"
            raise ValueError(msg)
        try:
            n = [float(token) for token in tokens[place : place + _ARITY[kind]]]
        except ValueError:
            n = []
        if len(n) != _ARITY[kind]:
            msg = f"{command} takes {_ARITY[kind]} numbers"
            raise ValueError(msg)
        place += len(n)
        ox, oy = (x, y) if command.islower() else (0.0, 0.0)
        if kind == "z":
            drawn.close()
            x, y = start_x, start_y
            command = ""
        elif kind == "h":
            x = ox + n[0]
            drawn.lineTo(x, y)
        elif kind == "v":
            y = oy + n[0]
            drawn.lineTo(x, y)
        else:
            points = [(ox + n[i], oy + n[i + 1]) for i in range(0, len(n), 2)]
            flat = [part for point in points for part in point]
            {"m": drawn.moveTo, "l": drawn.lineTo, "c": drawn.cubicTo, "q": drawn.quadTo}[kind](*flat)
            x, y = points[-1]
            if kind == "m":
                start_x, start_y = x, y
                command = "l" if command == "m" else "L"
    return drawn


def _grown(shape: Shape, by: float) -> Shape:
    if by == 0:
        return shape
    if isinstance(shape, RectShape):
        x, y, width, height = shape.box_mm
        box = (x - by, y - by, max(width + 2 * by, 0.0), max(height + 2 * by, 0.0))
        radius = shape.radius_mm and max(shape.radius_mm + (by if shape.corner == "round" else 0.4 * by), 0.0)
        return shape.model_copy(update={"box_mm": box, "radius_mm": radius})
    if isinstance(shape, DiscShape):
        radii = shape.radius_mm if isinstance(shape.radius_mm, tuple) else (shape.radius_mm, shape.radius_mm)
        return shape.model_copy(update={"radius_mm": (max(radii[0] + by, 0.0), max(radii[1] + by, 0.0))})
    return shape


def _rect(shape: RectShape, fit: Fit) -> skia.Path:
    x, y, width, height = fit.box(shape.box_mm)
    radius = min(shape.radius_mm * fit.scale, width / 2, height / 2)
    box = skia.Rect.MakeXYWH(x, y, width, height)
    if radius <= 0:
        return skia.Path.Rect(box)
    if shape.corner == "round":
        return skia.Path.RRect(skia.RRect.MakeRectXY(box, radius, radius))
    drawn = skia.Path()
    right, bottom = x + width, y + height
    # Clockwise from the top edge's left end; each corner is a cut or a quarter circle that bulges inwards.
    corners = [
        ((right - radius, y), (right, y + radius)),
        ((right, bottom - radius), (right - radius, bottom)),
        ((x + radius, bottom), (x, bottom - radius)),
        ((x, y + radius), (x + radius, y)),
    ]
    drawn.moveTo(x + radius, y)
    for start, end in corners:
        drawn.lineTo(*start)
        if shape.corner == "cut":
            drawn.lineTo(*end)
        else:
            drawn.arcTo(radius, radius, 0, skia.Path.ArcSize.kSmall_ArcSize, skia.PathDirection.kCCW, *end)
    drawn.close()
    return drawn


def _polygon(shape: PolygonShape, fit: Fit) -> skia.Path:
    points = [fit.point(point) for point in shape.points_mm]
    if not shape.smooth:
        drawn = skia.Path.Polygon([skia.Point(*point) for point in points], shape.closed)
        if shape.radius_mm:
            paint = skia.Paint(PathEffect=skia.CornerPathEffect.Make(shape.radius_mm * fit.scale))
            rounded = skia.Path()
            if paint.getFillPath(drawn, rounded):
                return rounded
        return drawn
    # Catmull-Rom through the points as cubic Béziers (Catmull & Rom 1974).
    count = len(points)
    drawn = skia.Path()
    drawn.moveTo(*points[0])

    def at(i: int) -> tuple[float, float]:
        return points[i % count] if shape.closed else points[min(max(i, 0), count - 1)]

    for i in range(count if shape.closed else count - 1):
        before, one, two, after = at(i - 1), at(i), at(i + 1), at(i + 2)
        drawn.cubicTo(
            one[0] + (two[0] - before[0]) / 6,
            one[1] + (two[1] - before[1]) / 6,
            two[0] - (after[0] - one[0]) / 6,
            two[1] - (after[1] - one[1]) / 6,
            *two,
        )
    if shape.closed:
        drawn.close()
    return drawn


def _star(shape: StarShape, fit: Fit) -> skia.Path:
    x, y = fit.point(shape.centre_mm)
    corners = []
    for k in range(2 * shape.points):
        radius = shape.radius_mm * fit.scale * (1.0 if k % 2 == 0 else shape.inner)
        angle = math.radians(shape.angle - 90 + 180 * k / shape.points)
        corners.append(skia.Point(x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return skia.Path.Polygon(corners, isClosed=True)


def _rosette(shape: RosetteShape, fit: Fit) -> skia.Path:
    x, y = fit.point(shape.centre_mm)
    count = max(_ROSETTE_STEPS * shape.petals, 96)
    corners = []
    for k in range(count):
        angle = 2 * math.pi * k / count
        wave = math.cos(shape.petals * angle)
        radius = shape.radius_mm * fit.scale * (1 - shape.depth / 2 + shape.depth / 2 * wave)
        turned = angle + math.radians(shape.angle - 90)
        corners.append(skia.Point(x + radius * math.cos(turned), y + radius * math.sin(turned)))
    return skia.Path.Polygon(corners, isClosed=True)


__all__ = ["GroupShape", "Outlines", "path", "svg"]
