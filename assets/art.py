"""Art that people upload, as a printer would read it: colours converted to sRGB, alpha kept, upright.

Where :func:`assets.images.decode` ignores profiles, as glTF demands, this honours them: embedded ICC profiles of RGB,
grey and CMYK pictures are converted by LittleCMS with black point compensation, as layout programs do. CMYK without
a profile is taken for coated offset printing.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageChops, ImageCms

from assets.errors import ImageError
from assets.images import ART, TEXTURES, eight_bits, probe, upright

PICTURES: Final = ART | (TEXTURES & {"image/avif"})
"""What art may be; AVIF where Pillow was built with it."""

MIN_SIDE: Final = 16
"""Pixels along the shorter side; less is an icon, a tracking pixel, a mistake."""

MAX_PROFILE: Final = 8 * 1024 * 1024
"""Bytes of an ICC profile; those of presses have 0.5 to 3 MB."""

_CHUNK: Final = 256  # rows of a CMYK picture that are converted at a time
_GAIN: Final = 1.3
"""Exponent of the space in which tints of inks are mixed: with it the greys of 10 to 90 % black come out as printing
conditions FOGRA39 have them, within 2 of 255 (dot gain, after Yule & Nielsen 1951).
"""

_SOLIDS: Final = {  # of FOGRA39 coated paper, sRGB
    (0, 0, 0): (255, 255, 255),
    (1, 0, 0): (0, 159, 227),
    (0, 1, 0): (230, 0, 126),
    (0, 0, 1): (255, 237, 0),
    (1, 1, 0): (49, 39, 131),
    (1, 0, 1): (0, 150, 64),
    (0, 1, 1): (227, 6, 19),
    (1, 1, 1): (60, 52, 48),
}
_BLACK: Final = np.array([29, 29, 27]) / 255
_SPACES: Final = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L"}
_CMS_ERRORS: Final = (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, kw_only=True, eq=False)
class Art:
    """``pixels`` are uint8[h, w, 4], sRGB, straight alpha, top row first; ``notes`` what was done to get there."""

    pixels: NDArray[np.uint8]
    notes: tuple[str, ...]


def read(data: bytes, *, name: str = "") -> Art:
    """A PNG, JPEG, WebP or (where Pillow has it) AVIF file of any mode and profile, upright.

    Sizes are checked before anything is decoded. Raises ImageError ``image.type``, ``image.invalid``,
    ``image.too_large``, ``image.too_small``.
    """
    image = probe(data, name=name, kinds=PICTURES)
    label = f"image {name!r}" if name else "the image"
    if min(image.width, image.height) < MIN_SIDE:
        msg = f"{label} is {image.width}x{image.height} px; art needs {MIN_SIDE} px a side, so send a larger one"
        raise ImageError(msg, code="image.too_small")
    notes: list[str] = []
    try:
        picture = upright(image)
        if getattr(picture, "is_animated", False):
            notes.append("is an animation; its first picture is taken")
        pixels = _pixels(picture, notes)
    except ImageError:
        raise
    except (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, RuntimeError) as error:
        msg = f"{label} is truncated or damaged; save it again and upload the new file"
        raise ImageError(msg, code="image.invalid") from error
    if pixels.shape != (image.height, image.width, 4):
        msg = f"{label} has another size than its header says; save it again"
        raise ImageError(msg, code="image.invalid")
    return Art(pixels=pixels, notes=tuple(notes))


def _pixels(picture: Pillow.Image, notes: list[str]) -> NDArray[np.uint8]:
    profile = picture.info.get("icc_profile")
    adobe = "adobe" in picture.info
    flat = eight_bits(picture)
    if flat.mode == "CMYK":
        # Pillow takes every CMYK JPEG for one of Adobe's, whose values are inverted; without their mark they are not.
        inks = flat if adobe else ImageChops.invert(flat)
        rgb = _converted(inks, profile, notes)
        if rgb is None:
            notes.append("is CMYK without a usable profile and was converted as coated offset print (FOGRA39)")
            rgb = Pillow.fromarray(_printed(np.asarray(inks)))
        return np.asarray(rgb.convert("RGBA"))
    if flat.mode not in {"L", "RGB"} or "transparency" in flat.info:
        flat = flat.convert("RGBA")
    if flat.mode == "RGBA":
        alpha = flat.getchannel("A")
        rgb = _converted(flat.convert("RGB"), profile, notes)
        if rgb is None:
            return np.asarray(flat)
        rgb.putalpha(alpha)
        return np.asarray(rgb)
    rgb = _converted(flat, profile, notes)
    return np.asarray((flat if rgb is None else rgb).convert("RGBA"))


def _converted(picture: Pillow.Image, profile: object, notes: list[str]) -> Pillow.Image | None:
    """The picture by its profile, mode RGB; None where there is none, or none that can be used."""
    if not isinstance(profile, bytes) or not profile:
        return None
    if len(profile) > MAX_PROFILE:
        notes.append(f"has a colour profile of {len(profile)} bytes, which is too large to be one; it was ignored")
        return None
    try:
        held = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES.get(held.profile.xcolor_space.ljust(4), "")
        fitting = picture.convert("RGB") if mode == "RGB" and picture.mode == "L" else picture
        if fitting.mode == "RGB" and mode == "L":
            grey = fitting.convert("L")
            fitting = grey if np.array_equal(np.asarray(grey.convert("RGB")), np.asarray(fitting)) else fitting
        if fitting.mode != mode:
            notes.append(
                f"has a colour profile for {held.profile.xcolor_space.strip()}, which it is not; it was ignored"
            )
            return None
        out = ImageCms.profileToProfile(
            fitting,
            held,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        described = (held.profile.profile_description or "").strip()
    except _CMS_ERRORS:
        notes.append("has a broken colour profile, which was ignored; check its colours")
        return None
    if out is None or "sRGB" in described:
        return out
    notes.append(f"was converted from its colour profile ({_plain(described) or 'unnamed'}) to sRGB")
    return out


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:80]


def _printed(inks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8[h, w, 4] of cyan, magenta, yellow, black as they look on coated paper: uint8[h, w, 3].

    Every dot of paper shows one of the overprints, as often as the tints meet there by chance (Neugebauer 1937, with
    Demichel's weights); black darkens what it lies on.
    """
    out = np.empty((*inks.shape[:2], 3), dtype=np.uint8)
    for start in range(0, len(inks), _CHUNK):
        rows = inks[start : start + _CHUNK].astype(np.float32) / np.float32(255)
        cyan, magenta, yellow, key = (rows[..., k] for k in range(4))
        for channel in range(3):
            solid = {at: float((rgb[channel] / 255) ** _GAIN) for at, rgb in _SOLIDS.items()}
            c = {rest: _between(cyan, solid[0, *rest], solid[1, *rest]) for rest in _RESTS}
            m = [_between(magenta, c[0, y], c[1, y]) for y in (0, 1)]
            shown = _between(yellow, m[0], m[1]) * (1 - key * (1 - float(_BLACK[channel] ** _GAIN)))
            out[start : start + _CHUNK, :, channel] = np.rint(255 * np.clip(shown, 0, 1) ** (1 / _GAIN))
    return out


_RESTS: Final = ((0, 0), (0, 1), (1, 0), (1, 1))


Share = NDArray[np.float32]


def _between(share: Share, low: Share | float, high: Share | float) -> Share:
    return np.asarray(share * (high - low) + low, dtype=np.float32)
