"""What may be made of a card: the entries of a card job's ``outputs``, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from assets.design import AnyBackground
from assets.scene import Quality
from farm.jobs import Spec

FilmFormat = Literal["mp4", "webm", "webp", "apng", "gif"]
FILMS = frozenset({"mp4", "webm"})
OPAQUE = FILMS | {"gif"}
"""Formats that hold no soft edges: a card without a background gets one there."""
FILM_SIDE = 1080
MAX_GIF_SIDE = 1080
USUAL_SIDES: Mapping[str, int] = {"webp": 720, "apng": 720, "gif": 540}
"""Pixels a side of a loop in which nobody asked for a size: what a page shows, and what loads in time."""
MapName = Literal["foil", "normal", "height", "depth", "direction", "layers"]
MAPS: tuple[MapName, ...] = ("foil", "normal", "height", "depth", "direction", "layers")
ShareSize = Literal["1200x630", "1080x1080", "1080x1920"]
SHARES: tuple[ShareSize, ...] = ("1200x630", "1080x1080", "1080x1920")

MAX_FILM_PIXELS = 1_500_000_000
"""Frames times pixels: ten seconds at 1080 px and 60 frames a second are half of it."""
MAX_ANIMATION_PIXELS = 250_000_000
"""The same for WebP, APNG and GIF, which keep whole frames and grow to hundreds of megabytes."""
MAX_OUTPUTS = 16

Angle = Annotated[float, Field(ge=-80, le=80, allow_inf_nan=False)]
MIN_SIDE = 256
Side = Annotated[int, Field(ge=MIN_SIDE, le=8192)]
FilmSide = Annotated[int, Field(ge=256, le=3840, multiple_of=2)]
Compression = Annotated[int, Field(ge=1, le=100)]
AnyQuality = Annotated[Quality, Field(strict=False)]


class StillOutput(Spec):
    """A picture of a side. ``tilt`` is [yaw, pitch] in degrees: how far the card's right and its top are turned away
    from you. A ``background`` takes the place of the card's own. ``compression`` is for all but PNG.
    """

    kind: Literal["still"]
    side: Literal["front", "back", "both"] = "front"
    tilt: Annotated[tuple[Angle, Angle], Field(strict=False)] = (0.0, 0.0)
    width: Side = 1024
    height: Side = 1024
    format: Literal["png", "jpeg", "webp", "avif"] = "png"
    compression: Compression = 90
    quality: AnyQuality = Quality.FINAL
    background: AnyBackground | None = None


class TiltOutput(Spec):
    """A loop in which the card is moved under the light; its first frame follows its last without a jump.

    ``path``: an orbit leans it all around, a sway left and right, a nod up and down, a spin turns it once and shows
    its back. ``degrees`` is how far it leans. MP4 and WebM cannot be transparent, and a GIF not softly: a card
    without a background gets a dark studio there, and stays transparent in WebP and APNG. Without ``width`` and
    ``height`` films have 1080 pixels a side, WebP and APNG 720, GIF 540 (1080 at most); a GIF of 60 frames a second
    shows every second one.
    """

    kind: Literal["tilt"]
    formats: Annotated[tuple[FilmFormat, ...], Field(min_length=1, max_length=5, strict=False)] = ("mp4",)
    path: Literal["orbit", "sway", "nod", "spin"] = "sway"
    degrees: Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)] | None = None
    duration: Annotated[float, Field(ge=2, le=10, allow_inf_nan=False)] = 3.0
    fps: Literal[24, 25, 30, 60] = 30
    width: FilmSide | None = None
    height: FilmSide | None = None
    quality: AnyQuality = Quality.PREVIEW
    background: AnyBackground | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the frames that are drawn."""
        most = max(USUAL_SIDES.get(form, FILM_SIDE) for form in self.formats)
        return self.width or self.height or most, self.height or self.width or most

    def longest(self, form: str) -> int | None:
        """What a format's longer side is brought down to; None leaves it as it is drawn."""
        open_ = self.width is None and self.height is None
        side = USUAL_SIDES.get(form, FILM_SIDE) if open_ else MAX_GIF_SIDE if form == "gif" else None
        return side if side is not None and side < max(self.size) else None

    @property
    def frames(self) -> int:
        """How many there are in the loop."""
        return round(self.duration * self.fps)

    @model_validator(mode="after")
    def _possible(self) -> TiltOutput:
        if len(set(self.formats)) != len(self.formats):
            msg = "name each format once"
            raise ValueError(msg)
        if self.path == "spin" and self.degrees is not None:
            msg = "a spin turns 360 degrees: leave 'degrees' out"
            raise ValueError(msg)
        for form in self.formats:
            longest = self.longest(form)
            width, height = self.size
            share = 1.0 if longest is None else longest / max(width, height)
            pixels = round(self.frames * width * height * share**2)
            most = MAX_FILM_PIXELS if form in FILMS else MAX_ANIMATION_PIXELS
            if pixels > most:
                msg = f"{form}: all frames together may have {most:,} pixels, these have {pixels:,}: ask for less"
                raise ValueError(msg)
        return self


class MapsOutput(Spec):
    """Flat pictures of the front for other programs and presses, trimmed, at ``dpi``. "layers" are the planes that
    the front is made of, with alpha, and a JSON file that says how deep each lies.
    """

    kind: Literal["maps"]
    maps: Annotated[tuple[MapName, ...], Field(min_length=1, max_length=6, strict=False)] = MAPS
    dpi: Annotated[int, Field(ge=72, le=1200)] = 300

    @model_validator(mode="after")
    def _once(self) -> MapsOutput:
        if len(set(self.maps)) != len(self.maps):
            msg = "name each map once"
            raise ValueError(msg)
        return self


class ModelOutput(Spec):
    """The card as a GLB in metres; ``texture`` is the longer side of its textures in pixels."""

    kind: Literal["model"]
    texture: Literal[512, 1024, 2048] = 2048


class PrintOutput(Spec):
    """A PDF for a press: both sides with bleed, and each foil as a plate of its own. Without ``bleed_mm`` the
    template's bleed is taken. ``plates``: "tones" for presses that print half tones of foil, "solid" for hot foil,
    which is there or is not.
    """

    kind: Literal["print"]
    dpi: Annotated[int, Field(ge=300, le=1200)] = 300
    bleed_mm: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    plates: Literal["tones", "solid"] = "tones"


class ShareOutput(Spec):
    """Pictures for posts, in the sizes that networks show: the front, the back behind it. ``tilt`` as a still's."""

    kind: Literal["share"]
    sizes: Annotated[tuple[ShareSize, ...], Field(min_length=1, max_length=3, strict=False)] = SHARES
    tilt: Annotated[tuple[Angle, Angle], Field(strict=False)] = (-18.0, 0.0)
    format: Literal["png", "jpeg", "webp", "avif"] = "png"
    compression: Compression = 90
    quality: AnyQuality = Quality.FINAL

    @model_validator(mode="after")
    def _once(self) -> ShareOutput:
        if len(set(self.sizes)) != len(self.sizes):
            msg = "name each size once"
            raise ValueError(msg)
        return self


Output = StillOutput | TiltOutput | MapsOutput | ModelOutput | PrintOutput | ShareOutput
KindName = Literal["still", "tilt", "maps", "model", "print", "share"]
_ByKind = Annotated[Output, Field(discriminator="kind")]


def _named(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


AnyOutput = Annotated[_ByKind, BeforeValidator(_named, json_schema_input_type=_ByKind | KindName)]
"""An output, or its name alone for one with its defaults."""


def _some(outputs: tuple[AnyOutput, ...]) -> tuple[AnyOutput, ...]:
    if not outputs:
        msg = 'name at least one output, such as "still"'
        raise ValueError(msg)
    return outputs


Outputs = Annotated[
    tuple[AnyOutput, ...],
    Field(max_length=MAX_OUTPUTS, strict=False, json_schema_extra={"minItems": 1}),
    AfterValidator(_some),  # a minimum of the field's own would also count an output that is wrong as missing
]
