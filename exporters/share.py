"""Pictures for posts: a card's renders in a dark studio, on a floor that mirrors them, at any size.

The backdrop takes its colour from the card, which also sheds a little of its own light on it. Smooth tones are
dithered, so that they show no bands: triangular noise of one code value (Lipshitz, Wannamaker and Vanderkooy,
"Quantization and Dither", 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame
from exporters.errors import ExportError

SIZES: Final = ((1200, 630), (1080, 1080), (1080, 1920))
"""Width and height: a link's preview, a post, a story."""

MIN_SIDE, MAX_SIDE = 200, 4096

_SEED: Final = 20_251
_FLOOR_GAP: Final = 0.012  # between the lower edge and its mirror image, in heights of the front
_MIRROR: Final = 0.30  # how much of the light the floor gives back at the edge
_MIRROR_REACH: Final = 0.42  # in heights of the front, until nothing is seen of it
_GLOW: Final = 0.20
_HUES: Final = 36
_COLOURFUL: Final = 0.62  # saturation of the backdrop of a colourful card
_BEHIND: Final = 0.62  # brightness of the second card: the light is on the first

Light = NDArray[np.floating[Any]]
"""float32[h, w, 3 or 4], sRGB's code values over 255; with four, weighted by coverage."""


@dataclass(frozen=True)
class _Layout:
    """Shares of the picture: how high a card may be, how wide the cards together, where their middle is; how far the
    cards stand apart (in widths of the front), and the second one's size and how much higher it stands.
    """

    high: float
    wide: float
    middle: tuple[float, float]
    apart: float
    behind: float = 0.9
    lifted: float = 0.02


_WIDE: Final = _Layout(high=0.80, wide=0.80, middle=(0.5, 0.47), apart=0.82)
_SQUARE: Final = _Layout(high=0.70, wide=0.86, middle=(0.5, 0.47), apart=0.52)
_TALL: Final = _Layout(high=0.60, wide=0.84, middle=(0.5, 0.465), apart=0.26, behind=0.92, lifted=0.10)


def compose(
    front: Frame,
    width: int,
    height: int,
    *,
    back: Frame | None = None,
    tint: tuple[int, int, int] | None = None,
) -> Frame:
    """uint8[height, width, 4], opaque: ``front``, and ``back`` behind it to the left.

    Both are renders on nothing (uint8[h, w, 4], straight alpha) of any size, without shadows; what is around the card
    is cut off. ``tint`` (sRGB) is the backdrop's colour, by default the card's own. Raises ExportError
    ``export.share_size``, ``export.frame_invalid`` and ``export.share_empty``.
    """
    if not (MIN_SIDE <= width <= MAX_SIDE and MIN_SIDE <= height <= MAX_SIDE):
        raise ExportError("export.share_size", f"a picture to share has {MIN_SIDE} to {MAX_SIDE} px a side")
    shown = _cut(front)
    second = None if back is None else _cut(back)
    layout = _layout(width, height)
    place, second_place = _places(layout, (width, height), shown, second)
    front_light = _scaled(shown, place)
    colour = np.array(tint, np.float32) / 255 if tint else _own_colour(front_light)

    floor = (place[1] + place[3]) / height
    scene = _backdrop(width, height, colour, floor)
    _glow(scene, front_light, place)
    if second is not None and second_place is not None:
        light = _scaled(second, second_place)
        light[..., :3] *= _BEHIND
        blur = place[3] * 0.0016  # a little out of focus
        _stand(scene, cv2.GaussianBlur(light, (0, 0), max(blur, 0.3)).astype(np.float32), second_place, place)
    _stand(scene, front_light, place, place)
    return _dithered(scene)


def _layout(width: int, height: int) -> _Layout:
    if width > 1.25 * height:
        return _WIDE
    return _TALL if height > 1.25 * width else _SQUARE


def _cut(frame: Frame) -> Light:
    """The card alone, with a pixel of nothing around it."""
    if frame.ndim != 3 or frame.shape[2] != 4 or frame.dtype != np.uint8:
        message = f"a card's render is uint8[h, w, 4], not {frame.dtype}{list(frame.shape)}"
        raise ExportError("export.frame_invalid", message, ours=True)
    solid = (frame[..., 3] > 127).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(solid)
    if not width or not height:
        raise ExportError("export.share_empty", "there is no card in the render to share", ours=True)
    part = frame[top : top + height, left : left + width].astype(np.float32) / 255
    part[..., :3] *= part[..., 3:]
    return np.pad(part, ((1, 1), (1, 1), (0, 0)))


Place = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""


def _places(layout: _Layout, size: tuple[int, int], front: Light, back: Light | None) -> tuple[Place, Place | None]:
    """Where the cards stand: as large as the layout lets them be, the group about its middle."""
    width, height = size
    ratio = front.shape[1] / front.shape[0]
    spread = 1.0 if back is None else 1 + layout.apart
    high = min(layout.high * height, layout.wide * width / (ratio * spread))
    wide = high * ratio
    x = layout.middle[0] * width - wide * (spread / 2 - (spread - 1))
    y = layout.middle[1] * height - high / 2
    place = (round(x), round(y), max(2, round(wide)), max(2, round(high)))
    if back is None:
        return place, None
    back_high = high * layout.behind
    back_wide = back_high * back.shape[1] / back.shape[0]
    back_x = x - wide * layout.apart + (wide - back_wide) / 2
    back_y = y + high - back_high - high * layout.lifted
    return place, (round(back_x), round(back_y), max(2, round(back_wide)), max(2, round(back_high)))


def _scaled(light: Light, place: Place) -> Light:
    shrinks = place[3] < light.shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.clip(cv2.resize(light, place[2:], interpolation=way), 0, 1).astype(np.float32)


def _own_colour(card: Light) -> Light:
    """The card's colour: the hue that most of its colourfulness has; grey for a grey card. float32[3]."""
    pixels = card[::4, ::4][card[::4, ::4, 3] > 0.99][None, :, :3]
    if not pixels.size:
        return np.full(3, 0.5, np.float32)
    chroma = np.ptp(pixels, axis=2)
    hue = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV)[..., 0]
    counts = np.bincount((hue.ravel() / 360 * _HUES).astype(int) % _HUES, chroma.ravel(), _HUES)
    near = counts + 0.6 * (np.roll(counts, 1) + np.roll(counts, -1))
    strength = min(float(chroma.mean()) * 4, 1.0) * _COLOURFUL
    best = np.array([[[(int(near.argmax()) + 0.5) * 360 / _HUES, strength, 1.0]]], np.float32)
    return cast("Light", cv2.cvtColor(best, cv2.COLOR_HSV2RGB)[0, 0])


def _backdrop(width: int, height: int, colour: Light, floor: float) -> Light:
    """A dark wall with a pool of light. It bends into the floor at ``floor`` (share of the height) with no edge."""
    hue = colour / max(float(colour.max()), 1e-3)
    paper = 0.25 + 0.75 * hue  # a painted wall is never as colourful as the card
    deep = paper * hue  # and more so in the dark
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width - 0.5, y / height
    aspect = width / height
    pool = np.exp(-((x * aspect / 0.62) ** 2 + ((y - floor + 0.50) / 0.44) ** 2))
    depth = np.clip((y - floor + 0.02) / max(1 - floor, 0.05), 0, 1)
    sheen = np.exp(-((x * aspect / 0.50) ** 2)) * np.exp(-((depth - 0.10) ** 2) / 0.10)
    bend = _smooth((y - floor + 0.10) / 0.16)
    value = 0.055 + 0.29 * pool * (1 - 0.75 * bend) + 0.12 * sheen * bend
    corner = (x * x * min(aspect, 1.4) + (y - 0.48) ** 2) * 2
    value *= 1 - 0.42 * _smooth(corner)
    lit = np.clip(value / 0.26, 0, 1)[..., None]
    return cast("Light", (value[..., None] * (deep * (1 - lit) + paper * lit)).astype(np.float32))


def _smooth(share: Light) -> Light:
    share = np.clip(share, 0, 1)
    return cast("Light", share * share * (3 - 2 * share))


def _glow(scene: Light, card: Light, place: Place) -> None:
    """The card's own light on the wall behind it."""
    height, width = scene.shape[:2]
    small = (max(width // 8, 1), max(height // 8, 1))
    shed = np.zeros_like(scene)
    _lay(shed, card, place)
    far = cv2.resize(shed, small, interpolation=cv2.INTER_AREA)
    far = cv2.GaussianBlur(far, (0, 0), place[3] / 8 * 0.16, borderType=cv2.BORDER_REPLICATE)
    scene += _GLOW * cv2.resize(far, (width, height), interpolation=cv2.INTER_CUBIC)


def _stand(scene: Light, card: Light, place: Place, first: Place) -> None:
    """A card on the floor, with its shadows and mirror image; ``first`` is the front one, which sets the scale."""
    left, top, width, height = place
    _shade(scene, card, (left + round(first[3] * 0.012), top + round(first[3] * 0.022), width, height), first[3])
    gap = round(first[3] * _FLOOR_GAP)
    image = np.ascontiguousarray(card[::-1])
    blurred = cv2.GaussianBlur(image, (0, 0), max(first[3] * 0.010, 0.5))
    down = (np.arange(height, dtype=np.float32) / max(first[3] * _MIRROR_REACH, 1))[:, None, None]
    soft = np.clip(down * 2.2, 0, 1)
    image = (image * (1 - soft) + blurred * soft) * (_MIRROR * np.clip(1 - down, 0, 1) ** 2.2)
    _lay(scene, image.astype(np.float32), (left, top + height + gap, width, height))
    _lay(scene, card, place)


def _shade(scene: Light, card: Light, place: Place, scale: int) -> None:
    """Takes light away behind a card: close and dark at its edge, wide and faint around."""
    for spread, strength in ((0.012, 0.45), (0.045, 0.40)):
        sigma = max(scale * spread, 0.5)
        rim = int(3 * sigma) + 1
        cover = np.pad(card[..., 3], rim)
        step = max(1, int(sigma / 4))  # what is so smooth needs no more pixels
        small = cv2.resize(
            cover, (-(-cover.shape[1] // step), -(-cover.shape[0] // step)), interpolation=cv2.INTER_AREA
        )
        soft = cv2.GaussianBlur(small, (0, 0), sigma / step)
        shade = np.zeros((*cover.shape, 4), np.float32)
        shade[..., 3] = cv2.resize(soft, cover.shape[::-1], interpolation=cv2.INTER_LINEAR) * strength
        _lay(scene, shade, (place[0] - rim, place[1] - rim, shade.shape[1], shade.shape[0]))


def _lay(scene: Light, light: Light, place: Place) -> None:
    """Puts ``light`` (with coverage) over ``scene`` there; what lies outside is lost."""
    height, width = scene.shape[:2]
    left, top = place[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + light.shape[1], width), min(top + light.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = light[y0 - top : y1 - top, x0 - left : x1 - left]
    under = scene[y0:y1, x0:x1]
    under *= 1 - part[..., 3:]
    under += part[..., :3]


def _dithered(scene: Light) -> Frame:
    """uint8[h, w, 4]: rounded at random about the value, so that the mean is right wherever one looks."""
    height, width = scene.shape[:2]
    noise = np.random.default_rng(_SEED).random((2, height, width, 3), np.float32)
    out = np.empty((height, width, 4), np.uint8)
    np.clip(np.floor(scene * 255 + 0.5 + noise[0] - noise[1]), 0, 255, out=noise[0])
    out[..., :3] = noise[0]
    out[..., 3] = 255
    return out
