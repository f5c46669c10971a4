"""Pictures as UASTC LDR 4x4 blocks, which every GPU's own format can be made of (Basis Universal, Binomial).

Of the format's nineteen kinds of blocks six are written: 8 for one colour, 0 and 18 (one line through colour space,
few levels and many weights) and 6 (two lines, for channels that go their own ways, as a normal map's) where opaque,
10 and 12 where not; the best of each block is taken. "UASTC LDR 4x4 Texture Specification", Binomial; the ends and
weights are ASTC's, in the Khronos Data Format Specification 1.3, section 23.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BLOCK: Final = 4
_CHUNK: Final = 8192  # blocks at once: some forty megabytes
_ENOUGH: Final = 48.0  # squared error of a block, one a channel: nothing better is looked for
_ROUNDS: Final = 2  # of fitting the ends to the weights
_SPREAD: Final = {  # of a digit, by the bits beside it and its base: ASTC's table of unquantisation
    (4, 3): 22,
    (6, 3): 5,
    (5, 5): 6,
}
_WEIGHTS: Final = {
    2: (0, 21, 43, 64),
    3: (0, 9, 18, 27, 37, 46, 55, 64),
    4: (0, 4, 8, 12, 17, 21, 25, 29, 35, 39, 43, 47, 52, 56, 60, 64),
    5: (*range(0, 31, 2), *range(34, 65, 2)),
}
_GROUPS: Final = {3: (5, (0, 2, 4, 5, 7, 8)), 5: (3, (0, 3, 5, 7))}  # how many in one number, and its bits
_ETC1: Final = np.array(
    [(2, 8), (5, 17), (9, 29), (13, 42), (18, 60), (24, 80), (33, 106), (47, 183)], np.float32
)  # what the eight tables add to a block's middle, and take away
_SOLID: Final = (0x17, 5)
_ETC2_RANGE: Final = 29  # between the ends of EAC's table 0


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """One kind of block: its code and that code's bits, channels, bits of a weight, and of an end's values: ``bits``
    plain ones and a digit to the base ``base`` (1 for none). ``plane`` is the channel with weights of its own, or -1.
    """

    code: int
    code_bits: int
    channels: int
    weight_bits: int
    bits: int
    base: int
    plane: int = -1

    @property
    def values(self) -> Ints:
        """What each stored value of an end stands for, int32[levels] in 0..255."""
        stored = np.arange(self.base << self.bits)
        digit, plain = stored >> self.bits, stored & ((1 << self.bits) - 1)
        if self.base == 1:
            return np.asarray((plain << (8 - self.bits)) | (plain >> (2 * self.bits - 8)), np.int32)
        low = plain & 1
        bit = [(plain >> place) & 1 for place in range(self.bits)]
        if (self.bits, self.base) == (4, 3):  # dcb000dcb
            spread = (bit[3] << 8) | (bit[2] << 7) | (bit[1] << 6) | (bit[3] << 2) | (bit[2] << 1) | bit[1]
        elif (self.bits, self.base) == (6, 3):  # fedcb000f
            spread = (bit[5] << 8) | (bit[4] << 7) | (bit[3] << 6) | (bit[2] << 5) | (bit[1] << 4) | bit[5]
        else:  # edcb0000e
            spread = (bit[4] << 8) | (bit[3] << 7) | (bit[2] << 6) | (bit[1] << 5) | bit[4]
        whole = (digit * _SPREAD[self.bits, self.base] + spread) ^ (low * 0x1FF)
        return np.asarray((low * 0x80) | (whole >> 2), np.int32)


_OPAQUE: Final = (
    _Kind(code=0x1, code_bits=4, channels=3, weight_bits=4, bits=6, base=3),
    _Kind(code=0x9, code_bits=4, channels=3, weight_bits=5, bits=5, base=1),
    *(_Kind(code=0x1B, code_bits=5, channels=3, weight_bits=2, bits=5, base=5, plane=plane) for plane in range(3)),
)
_CLEAR: Final = (
    _Kind(code=0x2, code_bits=3, channels=4, weight_bits=4, bits=4, base=3),
    _Kind(code=0x6, code_bits=3, channels=4, weight_bits=3, bits=6, base=3),
)


def encode(pixels: Bytes, check: Callable[[], None] = lambda: None) -> bytes:
    """Blocks of sixteen bytes, row by row, of a picture uint8[h, w, 4]; edges that do not fill a block are repeated.

    The same picture gives the same bytes. ``check`` is called several times a second.
    """
    height, width = pixels.shape[:2]
    whole = np.pad(pixels, ((0, -height % BLOCK), (0, -width % BLOCK), (0, 0)), mode="edge")
    rows, columns = whole.shape[0] // BLOCK, whole.shape[1] // BLOCK
    texels = whole.reshape(rows, BLOCK, columns, BLOCK, 4).swapaxes(1, 2).reshape(-1, BLOCK * BLOCK, 4)
    made = []
    for start in range(0, len(texels), _CHUNK):
        check()
        made.append(_encoded(texels[start : start + _CHUNK]).tobytes())
    return b"".join(made)


def _encoded(texels: Bytes) -> Bytes:
    out = np.zeros((len(texels), 16), np.uint8)
    one = (texels == texels[:, :1]).all(axis=(1, 2))
    opaque = (texels[..., 3] == 255).all(axis=1)
    out[one] = _solid(texels[one, 0])
    for chosen, kinds in ((~one & opaque, _OPAQUE), (~one & ~opaque, _CLEAR)):
        if chosen.any():
            out[chosen] = _best(texels[chosen], kinds)
    return out


def _best(texels: Bytes, kinds: tuple[_Kind, ...]) -> Bytes:
    made = np.empty((len(texels), 16), np.uint8)
    least = np.full(len(texels), np.inf, np.float32)
    hints = _hints(texels)
    for kind in kinds:
        (open_,) = np.nonzero(least > _ENOUGH)
        if not len(open_):
            break
        ends, weights, error = _fitted(texels[open_, :, : kind.channels].astype(np.float32), kind)
        better = error < least[open_]
        if not better.any():
            continue
        chosen = open_[better]
        least[chosen] = error[better]
        made[chosen] = _packed(ends[better], weights[better], hints[chosen], kind)
    return made


def _fitted(texels: Floats, kind: _Kind) -> tuple[Ints, Ints, Floats]:
    """Stored ends int32[n, 2, c], weights int32[n, 16, planes], and the squared error float32[n]."""
    planes = [[c for c in range(kind.channels) if c != kind.plane], [kind.plane]][: 1 if kind.plane < 0 else 2]
    ends = np.zeros((len(texels), 2, kind.channels), np.int32)
    weights = np.zeros((len(texels), BLOCK * BLOCK, len(planes)), np.int32)
    error = np.zeros(len(texels), np.float32)
    for number, channels in enumerate(planes):
        own, chosen, off = _line(texels[..., channels], kind)
        ends[..., channels], weights[..., number] = own, chosen
        error += off
    return ends, weights, error


def _line(texels: Floats, kind: _Kind) -> tuple[Ints, Ints, Floats]:
    """The line through texels float32[n, 16, c] that comes nearest, and where on it each lies."""
    values = kind.values
    nearest = np.abs(values[:, None] - np.arange(256)).argmin(axis=0).astype(np.int32)
    steps = np.array(_WEIGHTS[kind.weight_bits], np.int32)
    index = np.abs(steps[:, None] - np.arange(65)).argmin(axis=0).astype(np.int32)
    middle = texels.mean(axis=1, keepdims=True)
    apart = texels - middle
    axis = _axis(apart)
    along = np.einsum("nkc,nc->nk", apart, axis)
    reach = np.stack([along.min(axis=1), along.max(axis=1)], axis=1)
    wanted = middle + reach[..., None] * axis[:, None]
    best: tuple[Ints, Ints, Floats] | None = None
    for _ in range(_ROUNDS + 1):
        stored = nearest[np.clip(np.rint(wanted), 0, 255).astype(np.int32)]
        low, high = (values[stored[:, end]][:, None].astype(np.float32) for end in (0, 1))
        way = high - low
        share = ((texels - low) * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-6)
        chosen = index[np.rint(np.clip(share, 0, 1) * 64).astype(np.int32)]
        part = (steps[chosen].astype(np.float32) / 64)[..., None]
        off = ((low + way * part - texels) ** 2).sum(axis=(1, 2))
        if best is None:
            best = stored, chosen, off
        else:
            better = off < best[2]
            for kept, new in zip(best, (stored, chosen, off), strict=True):
                kept[better] = new[better]
        wanted = _ends(texels, part)
    assert best is not None
    return best


def _axis(apart: Floats) -> Floats:
    """The direction in which texels float32[n, 16, c] around their middle spread most, float32[n, c], unit."""
    spread = np.einsum("nkc,nkd->ncd", apart, apart)
    place = np.einsum("ncc->nc", spread).argmax(axis=1)
    axis = spread[np.arange(len(spread)), place]
    for _ in range(6):
        axis = np.einsum("ncd,nd->nc", spread, axis / np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-6))
    return np.asarray(axis / np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-6), np.float32)


def _ends(texels: Floats, part: Floats) -> Floats:
    """Ends float32[n, 2, c] that come nearest to the texels with these shares of the way (least squares)."""
    rest = 1 - part
    aa, ab, bb = ((x * y).sum(axis=1) for x, y in ((rest, rest), (rest, part), (part, part)))
    left, right = (rest * texels).sum(axis=1), (part * texels).sum(axis=1)
    whole = aa * bb - ab * ab
    flat = np.abs(whole) < 1e-4
    whole = np.where(flat, 1, whole)
    mean = texels.mean(axis=1)
    low = np.where(flat, mean, (bb * left - ab * right) / whole)
    high = np.where(flat, mean, (aa * right - ab * left) / whole)
    return np.stack([low, high], axis=1).astype(np.float32)


def _hints(texels: Bytes) -> Ints:
    """For makers of ETC1 of these blocks, int32[n, 5]: whether the halves lie above each other, whether their colours
    are near enough to be told by their difference, each half's table; and for EAC the table and its factor.
    """
    square = texels.reshape(-1, BLOCK, BLOCK, 4).astype(np.float32)
    halves = [(square[:, :, :2], square[:, :, 2:]), (square[:, :2], square[:, 2:])]
    found, errors = [], []
    for pair in halves:
        tables, colours = [], []
        error = np.zeros(len(texels), np.float32)
        for half in pair:
            grey = half[..., :3].mean(axis=3).reshape(len(half), -1)
            apart = np.abs(grey - grey.mean(axis=1, keepdims=True))
            off = np.minimum(*(np.abs(apart[:, None] - _ETC1[None, :, None, side]) for side in (0, 1)))
            total = (off**2).sum(axis=2)
            tables.append(total.argmin(axis=1))
            error += total.min(axis=1)
            colours.append(np.rint(half[..., :3].mean(axis=(1, 2)) * (31 / 255)))
        change = colours[1] - colours[0]
        near = ((change >= -4) & (change <= 3)).all(axis=1)
        found.append(np.stack([near, *tables], axis=1))
        errors.append(error)
    below = np.less(errors[1], errors[0])
    chosen = np.where(below[:, None], found[1], found[0])
    alpha = texels[..., 3].astype(np.int32)
    factor = np.clip(-(-(alpha.max(axis=1) - alpha.min(axis=1)) // _ETC2_RANGE), 1, 15)
    return np.column_stack([below, chosen, factor << 4]).astype(np.int32)


class _Bits:
    """128 bits of each of n blocks, written from the lowest."""

    def __init__(self, count: int) -> None:
        self._bits = np.zeros((count, 128), np.uint8)
        self._at = 0

    def write(self, value: NDArray[np.integer] | int, width: int) -> None:
        """The same field of every block."""
        for place in range(width):
            self._bits[:, self._at + place] = (np.asarray(value) >> place) & 1
        self._at += width

    def bytes(self) -> Bytes:
        """uint8[n, 16]."""
        return np.packbits(self._bits, axis=1, bitorder="little")


def _solid(colours: Bytes) -> Bytes:
    out = _Bits(len(colours))
    out.write(*_SOLID)
    for channel in range(4):
        out.write(colours[:, channel], 8)
    out.write(1, 1)  # ETC1: told by differences, table 0, two above the middle
    out.write(0, 3)
    out.write(2, 2)
    for channel in range(3):
        fifth = np.rint(np.clip(colours[:, channel].astype(np.float32) - 2, 0, 255) * (31 / 255))
        out.write(fifth.astype(np.int32), 5)
    return out.bytes()


def _packed(ends: Ints, weights: Ints, hints: Ints, kind: _Kind) -> Bytes:
    ends, weights = ends.copy(), weights.copy()
    most = (1 << kind.weight_bits) - 1
    for plane in range(weights.shape[2]):
        # The first weight's highest bit is not written: where it is set, the line is walked from its other end.
        turned = weights[:, 0, plane] > most // 2
        weights[turned, :, plane] = most - weights[turned, :, plane]
        own = [c for c in range(kind.channels) if (c == kind.plane) == (plane == 1)]
        for channel in own:
            ends[turned, :, channel] = ends[turned, ::-1, channel]
    out = _Bits(len(ends))
    out.write(kind.code, kind.code_bits)
    clear = kind.channels == 4
    out.write(0, 1 if clear else 2)  # BC1 is made afresh
    for column, width in enumerate((1, 1, 3, 3)):
        out.write(hints[:, column], width)
    out.write(hints[:, 4] if clear else 0, 8 if clear else 5)
    if kind.plane >= 0:
        out.write(kind.plane, 2)
    values = ends.transpose(0, 2, 1).reshape(len(ends), -1)  # low and high of each channel
    if kind.base > 1:
        together, widths = _GROUPS[kind.base]
        digits = values >> kind.bits
        for start in range(0, values.shape[1], together):
            group = digits[:, start : start + together]
            factors = kind.base ** np.arange(group.shape[1])
            out.write((group * factors).sum(axis=1), widths[group.shape[1]])
    for column in range(values.shape[1]):
        out.write(values[:, column] & ((1 << kind.bits) - 1), kind.bits)
    for texel in range(BLOCK * BLOCK):
        for plane in range(weights.shape[2]):
            out.write(weights[:, texel, plane], kind.weight_bits - (texel == 0))
    return out.bytes()
