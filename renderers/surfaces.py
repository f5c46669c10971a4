"""A material as a shader variant, its uniforms and its textures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import cos, sin

import moderngl
import numpy as np

from assets.finish import finish
from assets.model import AlphaMode, Primitive, Texture, Wrap
from assets.scene import Tone
from renderers.byte_cache import ByteCache
from renderers.finishes import features, maps, uniforms
from renderers.matrices import Matrix, column_major
from renderers.programs import Programs, put
from renderers.textures import GpuTexture


class Part(Enum):
    """Which part of a surface a pass draws."""

    SOLID = "solid"  # everything that writes depth
    CLEAR = "clear"  # what of a blended surface lets light through, drawn after, back to front


SPECULAR_UNIT, SHADOW_UNIT, _FIRST_UNIT = 0, 1, 2
_BEHIND_UNIT = 13
VEIL_UNIT = 12
_PASS_UNITS = frozenset(range(VEIL_UNIT, 21))  # read without a sampler object: textures with filters of their own
_UNITS = tuple(unit for unit in range(_FIRST_UNIT, 32) if unit not in _PASS_UNITS)


@dataclass(frozen=True, kw_only=True)
class _Map:
    name: str
    texture: Texture
    pixels: GpuTexture


@dataclass(frozen=True, kw_only=True, eq=False)
class Behind:
    """What is drawn already, for bodies that let light through.

    ``texture`` holds premultiplied code values with all smaller levels and a trilinear filter, ``part`` is the
    share of it (right, up) that the picture fills, and ``clip`` takes world metres after the design's turn to the
    clip space of that picture.
    """

    texture: moderngl.Texture
    part: tuple[float, float]
    clip: Matrix


class Surface:
    """One material on one kind of mesh, ready to be bound. Made anew for each scene; owns no memory."""

    def __init__(
        self,
        primitive: Primitive,
        *,
        context: moderngl.Context,
        cache: ByteCache,
        anisotropic: bool,
        tone: Tone = Tone.NEUTRAL,
    ) -> None:
        self._tone = tone
        self.material = material = primitive.material
        self.finish = finish(material)
        self._features = features(material, self.finish)
        self._uniforms = uniforms(material, self.finish)
        self._maps: list[_Map] = []
        self._transforms: list[tuple[float, ...]] = []
        self._sets: list[int] = []
        self._slots: dict[str, int] = {}
        for name, texture, colour in maps(material, self.finish):
            if not _has_uv(primitive, texture):
                continue
            pixels = cache.get(
                ("texture", texture.image.digest, colour, anisotropic),
                lambda image=texture.image, colour=colour: GpuTexture(  # type: ignore[misc]
                    context, image, colour=colour, anisotropic=anisotropic
                ),
            )
            self._maps.append(_Map(name=name, texture=texture, pixels=pixels))
            self._slots[name] = self._slot(texture)
        self._primitive = primitive
        if "ANISOTROPY" in self._features:
            self._lay_grain()
        self.blended = self._is_blended()

    def _lay_grain(self) -> None:
        """Chooses the coordinates whose u is the tangent (glTF: those of the texture that is bent along it)."""
        for name in ("ANISOTROPY", "NORMAL"):
            if name in self._slots:
                self._slots["GRAIN"] = self._slots[name]
                return
        if self._primitive.uv0 is not None:
            self._slots["GRAIN"] = self._coordinates((1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)

    def _slot(self, texture: Texture) -> int:
        """The index of the texture's coordinates among those that the vertex shader makes."""
        # KHR_texture_transform: translation * rotation * scale, rotation counter-clockwise in texture space.
        c, s = cos(texture.rotation), sin(texture.rotation)
        (sx, sy), (ox, oy) = texture.scale, texture.offset
        matrix = (c * sx, -s * sx, s * sy, c * sy, ox, oy)  # three columns of two
        return self._coordinates(matrix, texture.uv_set)

    def _coordinates(self, matrix: tuple[float, ...], uv_set: int) -> int:
        wanted = (matrix, uv_set)
        known = list(zip(self._transforms, self._sets, strict=True))
        if wanted in known:
            return known.index(wanted)
        self._transforms.append(matrix)
        self._sets.append(uv_set)
        return len(known)

    def _is_blended(self) -> bool:
        """True if some of the surface may let light through; BLEND alone often means nothing."""
        if self.material.alpha_mode is not AlphaMode.BLEND:
            return False
        lowest = self.material.base_color[3] * 255
        for one in self._maps:
            if one.name == "BASE":
                lowest = min(lowest, one.pixels.lowest_alpha * self.material.base_color[3])
        colours = self._primitive.colors
        if colours is not None and len(colours):
            lowest = min(lowest, float(colours[:, 3].min()) * 255)
        return lowest < 251

    @property
    def has_solid_part(self) -> bool:
        """False for glass and the like, whose alpha is the same everywhere."""
        textured = "BASE" in self._slots or self._primitive.colors is not None
        return not self.blended or (self.material.base_color[3] >= 0.985 and textured)

    @property
    def transmits(self) -> bool:
        """True for glass and the like, drawn after all that is solid with what that left as :class:`Behind`."""
        return "TRANSMISSION" in self._features

    def switches(self, part: Part, *, ambient: bool, behind: bool = False, veiled: bool = False) -> dict[str, int]:
        """The variant of ``surface.*`` that draws ``part``."""
        material = self.material
        found = {"UVS": len(self._sets), "UV_SETS": sum(min(s, 1) << i for i, s in enumerate(self._sets))}
        if any(self._sets):
            found["UV1"] = 1
        for one in self._maps:
            found[f"{one.name}_MAP"] = self._slots[one.name]
            sampler = one.texture.sampler
            found[f"{one.name}_MIRROR"] = int(sampler.wrap_u is Wrap.MIRROR) | int(sampler.wrap_v is Wrap.MIRROR) << 1
        if "GRAIN" in self._slots:
            found["GRAIN"] = self._slots["GRAIN"]
        for name, on in (
            ("BEHIND", behind and self.transmits),
            ("VEILED", veiled and not material.unlit),
            ("ACES", self._tone is Tone.ACES and not material.unlit),
            ("COLOURS", self._primitive.colors is not None),
            ("TANGENTS", self._primitive.tangents is not None and self._needs_frame()),
            ("AMBIENT", ambient and not material.unlit),
            ("MASK", material.alpha_mode is AlphaMode.MASK),
            ("SOLID_PART", self.blended and part is Part.SOLID),
            ("CLEAR_PART", self.blended and part is Part.CLEAR),
            ("DOUBLE_SIDED", material.double_sided),
            *((name, True) for name in self._features),
        ):
            if on:
                found[name] = 1
        return found

    def _needs_frame(self) -> bool:
        """True if something lies along the surface's own directions."""
        return bool({"NORMAL", "COAT_NORMAL"} & self._slots.keys()) or "ANISOTROPY" in self._features

    @property
    def opaque_alpha(self) -> float:
        """The alpha from which on the surface is drawn as solid; less of it is none (MASK) or see-through (BLEND)."""
        if self.material.alpha_mode is AlphaMode.OPAQUE:
            return 0.0
        return self.material.alpha_cutoff if self.material.alpha_mode is AlphaMode.MASK else 0.985

    @property
    def passage(self) -> float:
        """The share of light that goes through a body that transmits, once; 0 for all else. Textures do not count."""
        if not self.transmits:
            return 0.0
        finish, weights = self.finish, (0.2126, 0.7152, 0.0722)
        far = finish.thickness / finish.attenuation_distance
        kept = (c * a**far for c, a in zip(self.material.base_color, finish.attenuation_color, strict=False))
        # An index of 1.5 reflects 4 % where light goes in and 4 % where it comes out.
        return float(0.92 * finish.transmission * sum(w * k for w, k in zip(weights, kept, strict=True)))

    def alpha_switches(self) -> dict[str, int]:
        """The variant of a pass that reads the surface's alpha and nothing else; see :meth:`bind_alpha`."""
        if self.material.alpha_mode is AlphaMode.OPAQUE:
            return {}
        found = {"ALPHA": 1}
        if self._primitive.colors is not None:
            found["COLOURS"] = 1
        for one in self._maps:
            if one.name == "BASE":
                sampler = one.texture.sampler
                mirror = int(sampler.wrap_u is Wrap.MIRROR) | int(sampler.wrap_v is Wrap.MIRROR) << 1
                found |= {"CUT": 1, "UV1": self._sets[self._slots["BASE"]], "CUT_MIRROR": mirror}
        return found

    def bind_alpha(self, program: moderngl.Program) -> None:
        """Gives such a pass its alpha."""
        opaque = self.material.alpha_mode is AlphaMode.OPAQUE
        put(program, u_alpha=1.0 if opaque else self.material.base_color[3])
        for one in self._maps:
            if one.name == "BASE" and "u_base_map" in program:
                one.pixels.use(_FIRST_UNIT, one.texture.sampler)
                put(program, u_base_map=_FIRST_UNIT)
                program["u_uv"].write(np.array(self._transforms[self._slots["BASE"]], np.float32).tobytes())  # type: ignore[union-attr]

    def depth_switches(self) -> dict[str, int]:
        """The variant of the depth pass: cut-outs need their texture there."""
        cut = self.material.alpha_mode is not AlphaMode.OPAQUE and "BASE" in self._slots
        return {"CUT": 1, "UV1": self._sets[self._slots["BASE"]]} if cut else {}

    def program(
        self, programs: Programs, part: Part, *, ambient: bool, behind: Behind | None = None, veiled: bool = False
    ) -> moderngl.Program:
        """The compiled variant with this material's values and textures bound. A body that transmits shows the
        studio through itself where ``behind`` is None; with it, the surface replaces what is under it. ``veiled``
        says that see-through surfaces have a shadow map of their own at VEIL_UNIT.
        """
        switches = self.switches(part, ambient=ambient, behind=behind is not None, veiled=veiled)
        program = programs.get("surface.vert", "surface.frag", switches)
        if behind is not None and self.transmits:
            behind.texture.use(_BEHIND_UNIT)
            put(program, u_behind=_BEHIND_UNIT, u_behind_part=behind.part)
            program["u_behind_clip"].write(column_major(behind.clip))  # type: ignore[union-attr]
        put(program, **self._uniforms, u_specular=SPECULAR_UNIT, u_shadow=SHADOW_UNIT, u_veil=VEIL_UNIT)
        if self._transforms and "u_uv" in program:
            program["u_uv"].write(np.array(self._transforms, np.float32).tobytes())  # type: ignore[union-attr]
        for unit, one in zip(_UNITS, self._maps, strict=False):
            one.pixels.use(unit, one.texture.sampler)
            put(program, **{f"u_{one.name.lower()}_map": unit})
        return program

    def cut_images(self) -> tuple[str, ...]:
        """The image that cuts holes into the surface, by digest; none for most."""
        if not self.depth_switches():
            return ()
        return tuple(one.texture.image.digest for one in self._maps if one.name == "BASE")

    def bind_cut(self, program: moderngl.Program) -> None:
        """Gives the depth pass the texture that cuts the surface out."""
        for one in self._maps:
            if one.name == "BASE":
                one.pixels.use(_FIRST_UNIT, one.texture.sampler)
                matrix = self._transforms[self._slots["BASE"]]
                cutoff = self.material.alpha_cutoff if self.material.alpha_mode is AlphaMode.MASK else 0.5
                put(program, u_base_map=_FIRST_UNIT, u_cut=(self.material.base_color[3], cutoff))
                if "u_uv" in program:
                    program["u_uv"].write(np.array(matrix, np.float32).tobytes())  # type: ignore[union-attr]


def _has_uv(primitive: Primitive, texture: Texture) -> bool:
    return (primitive.uv0 if texture.uv_set == 0 else primitive.uv1) is not None and texture.uv_set <= 1
