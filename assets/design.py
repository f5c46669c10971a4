"""The design document: what a studio sends, as data.

A design names an avatar, layers from the inside out, and a canvas. Strict and closed: unknown fields, wrong
types and out-of-range numbers are refused with the path of the field. A reference to content is either
``{"item": "tshirt"}`` (catalogue) or ``{"blob": "<sha-256>"}`` (the owner's upload). A plain GLB is a design
too: ``{"avatar": {"blob": …}}`` or one layer and no avatar.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from assets.scene import Blend, Tone

HexColour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
LayerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Metre = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Centimetre = Annotated[float, Field(ge=-300, le=300, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=-3600, le=3600, allow_inf_nan=False)]
Scale = Annotated[float, Field(ge=0.001, le=1000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Softness = Annotated[float, Field(ge=0, le=0.1, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-0.25, le=0.25, allow_inf_nan=False)]


class Document(BaseModel):
    """Base of everything in a design: frozen, closed to unknown fields, no coercion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, ser_json_inf_nan="null")


class Ref(Document):
    """Content by catalogue id or by blob digest; exactly one of them."""

    item: ItemId | None = None
    blob: Digest | None = None

    @model_validator(mode="after")
    def _one(self) -> Ref:
        if (self.item is None) == (self.blob is None):
            msg = "give exactly one of 'item' and 'blob'"
            raise ValueError(msg)
        return self


class Transform(Document):
    """Applied scale first, then rotation (degrees about X, then Y, then Z), then position (metres)."""

    position: tuple[Metre, Metre, Metre] = (0.0, 0.0, 0.0)
    rotation: tuple[Degrees, Degrees, Degrees] = (0.0, 0.0, 0.0)
    scale: tuple[Scale, Scale, Scale] = (1.0, 1.0, 1.0)


class Placement(Document):
    """A picture (a blob) on the cloth, as it is printed on a panel before sewing: it ends at seams.

    It lies in the middle of the side, at chest height of a top; ``offset_cm`` moves it to the right, as one looks at
    it, and up, along the cloth. ``width_cm`` is its width on the cloth, ``rotation`` in degrees, counter-clockwise.
    """

    image: Ref
    at: Literal["front", "back", "left", "right"] = "front"
    offset_cm: tuple[Centimetre, Centimetre] = (0.0, 0.0)
    width_cm: Annotated[float, Field(ge=0.5, le=300, allow_inf_nan=False)] = 20.0
    rotation: Degrees = 0.0


class Customisation(Document):
    """What to change about a layer's materials; ``None`` keeps what the model has.

    ``variant`` names one of the model's own colourways (KHR_materials_variants); the rest is applied to that.
    ``colour`` (sRGB) multiplies the texture; ``texture`` replaces the base colour texture (an image blob or a
    fabric of the catalogue, which brings its normal and roughness along), tiled ``repeat`` times per UV unit.
    ``prints`` lie over all that, later ones over earlier ones.
    """

    variant: Name | None = None
    colour: HexColour | None = None
    texture: Ref | None = None
    repeat: Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)] | None = None
    roughness: Unit | None = None
    metalness: Unit | None = None
    sheen: HexColour | None = None
    sheen_roughness: Unit | None = None
    prints: Annotated[tuple[Placement, ...], Field(max_length=8, strict=False)] = ()


class Pose(Document):
    """A moment of one of the model's own animations, by its name or its number."""

    animation: Name | Annotated[int, Field(ge=0, le=1023)] = 0
    time: Seconds = 0.0


class ShadowEffect(Document):
    """The layer's silhouette, thrown on what is behind it. ``radius`` is how far its edge fades out, ``offset`` how
    far it lies to the right and down; shares of the picture's height.
    """

    colour: HexColour = "#000000"
    opacity: Unit = 0.35
    radius: Softness = 0.02
    offset: tuple[Offset, Offset] = (0.0, 0.01)


class GlowEffect(Document):
    """Light about the layer that ends ``radius`` (a share of the picture's height) from its edge."""

    colour: HexColour = "#ffffff"
    opacity: Unit = 0.75
    radius: Softness = 0.02


class LayerEffects(Document):
    """What is done to a layer as a whole; lengths are shares of the picture's height, so that a thumbnail and a
    print look alike. ``blur`` is how far the layer's own edges fade out.
    """

    blur: Softness = 0.0
    shadow: ShadowEffect | None = None
    glow: GlowEffect | None = None


class Layer(Document):
    """One garment, accessory or other model. Later layers are worn over earlier ones."""

    id: LayerId
    model: Ref
    name: Name | None = None
    transform: Transform = Transform()
    material: Customisation = Customisation()
    pose: Pose | None = None
    visible: bool = True
    opacity: Unit = 1.0
    blend: Blend = Field(default=Blend.NORMAL, strict=False)
    effects: LayerEffects | None = None


class Avatar(Document):
    """The body that the layers are worn on. What a layer covers of it is not drawn."""

    model: Ref
    transform: Transform = Transform()
    material: Customisation = Customisation()
    pose: Pose | None = None
    visible: bool = True


class SolidBackground(Document):
    """One colour everywhere."""

    kind: Literal["solid"]
    colour: HexColour


class GradientBackground(Document):
    """A vertical gradient."""

    kind: Literal["gradient"]
    top: HexColour
    bottom: HexColour


class TransparentBackground(Document):
    """Nothing behind the design; the ground shadow stays in the alpha."""

    kind: Literal["transparent"]


AnyBackground = Annotated[SolidBackground | GradientBackground | TransparentBackground, Field(discriminator="kind")]


class LightingPreset(Document):
    """A studio of the catalogue, or in its place the light of a ``.hdr`` or ``.exr`` file (a blob: a full sphere, its
    middle in front); turned about the vertical axis, its exposure in stops, and how it becomes display light.
    """

    studio: ItemId = "softbox"
    environment: Ref | None = None
    rotation: Degrees = 0.0
    exposure: Annotated[float, Field(ge=-6, le=6, allow_inf_nan=False)] = 0.0
    ground_shadow: bool = True
    tone: Tone = Tone.NEUTRAL


class CameraSettings(Document):
    """How the design is framed. ``azimuth`` and ``elevation`` (degrees) are for the view "custom" and count
    from the front, counter-clockwise seen from above; ``fov`` is the vertical angle in degrees.
    """

    fov: Annotated[float, Field(ge=5, le=90, allow_inf_nan=False)] = 30.0
    azimuth: Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)] = 30.0
    elevation: Annotated[float, Field(ge=-89, le=89, allow_inf_nan=False)] = 5.0
    fill: Annotated[float, Field(ge=0.2, le=1.0, allow_inf_nan=False)] = 0.86
    orthographic: bool = False


class Canvas(Document):
    """What surrounds the design. Without a background it is the gradient that suits the studio. ``stage`` is what it
    stands on in pictures: a plinth or floor of the catalogue, or a model of the owner's, whose top is at y = 0.
    """

    background: AnyBackground | None = None
    stage: Ref | None = None
    lighting: LightingPreset = LightingPreset()
    camera: CameraSettings = CameraSettings()


class Design(Document):
    """A whole design. At least one visible layer, or a visible avatar, is needed to draw it."""

    name: Name = "design"
    avatar: Avatar | None = None
    layers: Annotated[tuple[Layer, ...], Field(max_length=64, strict=False)] = ()
    canvas: Canvas = Canvas()
    notes: Annotated[str, StringConstraints(max_length=20_000)] = ""

    @model_validator(mode="after")
    def _drawable(self) -> Design:
        ids = [layer.id for layer in self.layers]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            msg = f"layer ids must be unique; repeated: {', '.join(twice)}"
            raise ValueError(msg)
        if not any(layer.visible and layer.opacity > 0 for layer in self.layers) and not (
            self.avatar is not None and self.avatar.visible
        ):
            msg = "nothing to draw: make at least one layer or the avatar visible"
            raise ValueError(msg)
        return self

    def refs(self) -> tuple[Ref, ...]:
        """Every reference to content, in document order, each once."""
        found: list[Ref] = []
        if self.avatar is not None:
            found += [self.avatar.model]
            found += [self.avatar.material.texture] if self.avatar.material.texture else []
            found += [one.image for one in self.avatar.material.prints]
        for layer in self.layers:
            found.append(layer.model)
            if layer.material.texture:
                found.append(layer.material.texture)
            found += [one.image for one in layer.material.prints]
        found += [self.canvas.stage] if self.canvas.stage else []
        return tuple(dict.fromkeys(found))
