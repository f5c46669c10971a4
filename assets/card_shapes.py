"""What templates of cards are drawn with, as data: outlines, paints, strokes, and how often each is repeated.

Lengths are millimetres from the top left corner of the trimmed card, x right, y down; angles are degrees, clockwise
on the card. A colour is "#rrggbb", the name of a colour of the palette, or the name of a paint, each with an opacity
in per cent if wanted: "gold@40". :mod:`assets.card_draw` draws them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from assets.design import Document, Unit

Millimetres = Annotated[float, Field(ge=-600, le=900, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
Angle = Annotated[float, Field(ge=-3600, le=3600, allow_inf_nan=False)]
Point = Annotated[tuple[Millimetres, Millimetres], Field(strict=False)]
Box = Annotated[tuple[Millimetres, Millimetres, Length, Length], Field(strict=False)]
"""x, y, width, height."""

Colour = Annotated[str, StringConstraints(pattern=r"^(#[0-9a-f]{6}|[a-z][a-z0-9-]{0,40})(@(100|[0-9]{1,2}))?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
Stops = Annotated[tuple[tuple[Unit, Colour], ...], Field(min_length=2, max_length=16, strict=False)]


class LinearPaint(Document):
    """A gradient along the line from ``start`` to ``end``."""

    kind: Literal["linear"]
    start: Point
    end: Point
    stops: Stops


class RadialPaint(Document):
    """A gradient from ``centre_mm`` outwards to ``radius_mm``."""

    kind: Literal["radial"]
    centre_mm: Point
    radius_mm: Length
    stops: Stops


class SweepPaint(Document):
    """A gradient around ``centre_mm``, as on turned metal."""

    kind: Literal["sweep"]
    centre_mm: Point
    stops: Stops


class TilePaint(Document):
    """Shapes in a cell that is repeated without end, turned by ``angle``; its origin is the card's middle."""

    kind: Literal["tile"]
    cell_mm: Annotated[tuple[Length, Length], Field(strict=False)]
    angle: Angle = 0.0
    shapes: Annotated[tuple[Shape, ...], Field(max_length=64, strict=False)]


Paint = Annotated[LinearPaint | RadialPaint | SweepPaint | TilePaint, Field(discriminator="kind")]


class Stroke(Document):
    """A line along an outline, half of it on either side. ``dash_mm`` alternates drawn and left out."""

    colour: Colour
    width_mm: Annotated[float, Field(gt=0, le=50, allow_inf_nan=False)]
    dash_mm: Annotated[tuple[Length, ...], Field(max_length=8, strict=False)] = ()
    cap: Literal["butt", "round", "square"] = "butt"


class Shadow(Document):
    """A blurred copy beneath; ``inner`` throws it inwards from the edge instead, as of something sunk in."""

    colour: Colour = "#000000@50"
    blur_mm: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)] = 0.6
    offset_mm: Point = (0.0, 0.3)
    inner: bool = False


class Repeat(Document):
    """``count`` copies, each turned by ``turn`` about ``about_mm`` and moved by ``step_mm`` against the one before;
    ``mirror`` adds each copy's mirror image on the other side of the upright line through ``about_mm``.
    """

    count: Annotated[int, Field(ge=1, le=360)] = 1
    turn: Angle = 0.0
    about_mm: Point = (0.0, 0.0)
    step_mm: Point = (0.0, 0.0)
    mirror: bool = False


class Drawn(Document):
    """What every shape has: how it is filled, and with what on it. ``grain`` is how strongly the fibres of paper
    show, ``cut`` takes away what lies beneath in place of painting.
    """

    fill: Colour | None = None
    stroke: Stroke | None = None
    opacity: Unit = 1.0
    grain: Unit = 0.0
    shadow: Shadow | None = None
    blend: Literal["normal", "multiply", "screen", "overlay", "soft-light"] = "normal"
    cut: bool = False
    repeat: Repeat | None = None


class RectShape(Drawn):
    """A rectangle whose corners are round, cut off, or hollowed (``scoop``) by ``radius_mm``."""

    kind: Literal["rect"]
    box_mm: Box
    radius_mm: Length = 0.0
    corner: Literal["round", "cut", "scoop"] = "round"


class DiscShape(Drawn):
    """A disc or, with two radii, an ellipse."""

    kind: Literal["disc"]
    centre_mm: Point
    radius_mm: Length | Annotated[tuple[Length, Length], Field(strict=False)]


class PolygonShape(Drawn):
    """Points joined by straight lines, or by a smooth curve through them; ``closed`` or left open."""

    kind: Literal["polygon"]
    points_mm: Annotated[tuple[Point, ...], Field(min_length=2, max_length=512, strict=False)]
    closed: bool = True
    smooth: bool = False
    radius_mm: Length = 0.0


class StarShape(Drawn):
    """``points`` tips at ``radius_mm``, and between them corners at ``inner`` of it."""

    kind: Literal["star"]
    centre_mm: Point
    radius_mm: Length
    points: Annotated[int, Field(ge=3, le=64)] = 5
    inner: Unit = 0.4
    angle: Angle = 0.0


class RosetteShape(Drawn):
    """The closed curve ``radius * (1 - depth/2 + depth/2 cos(petals * angle))``, as engraved on banknotes."""

    kind: Literal["rosette"]
    centre_mm: Point
    radius_mm: Length
    petals: Annotated[int, Field(ge=1, le=96)] = 12
    depth: Unit = 0.3
    angle: Angle = 0.0


class PathShape(Drawn):
    """An SVG path (M L H V C Q Z and their small letters), ``scale`` millimetres a unit, its origin at ``at_mm``."""

    kind: Literal["path"]
    d: Annotated[str, StringConstraints(min_length=1, max_length=8000, pattern=r"^[MmLlHhVvCcQqZz0-9eE+\-., \n]+$")]
    at_mm: Point = (0.0, 0.0)
    scale: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    even_odd: bool = False


class OutlineShape(Drawn):
    """One of the template's named outlines, larger by ``grow_mm`` all round (smaller if negative; rectangles and
    discs only).
    """

    kind: Literal["outline"]
    name: Key
    grow_mm: Annotated[float, Field(ge=-50, le=50, allow_inf_nan=False)] = 0.0


class GroupShape(Drawn):
    """Shapes drawn together: clipped by a named outline, repeated, faded and blended as one. With ``anchor_mm`` they
    keep their places about that point on a card of another size, where else each would go its own way.
    """

    kind: Literal["group"]
    anchor_mm: Point | None = None
    shapes: Annotated[tuple[Shape, ...], Field(max_length=256, strict=False)]
    clip: Key | None = None


Shape = Annotated[
    RectShape | DiscShape | PolygonShape | StarShape | RosetteShape | PathShape | OutlineShape | GroupShape,
    Field(discriminator="kind"),
]
Shapes = Annotated[tuple[Shape, ...], Field(max_length=512, strict=False)]

TilePaint.model_rebuild()
GroupShape.model_rebuild()
