"""Knits of the catalogue: rib, cable and piqué, loop by loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.fabric_swatch import SIZE, Array, Swatch, halved, noise, shade, smooth, srgb, tinted
from assets.generators.knit_loops import Curves, Laid, joined, lay

Field = NDArray[np.float64]
Place = Callable[[Field], tuple[Field, Field]]
"""Where a wale is at a course, both counted from the tile's corner: across in wales, height in wales."""


@dataclass(frozen=True, kw_only=True)
class Loop:
    """The shape of a stitch in wales and courses: ``radius`` of its yarn (wales), ``bulge`` of its head (wales),
    ``tall`` half its height (courses), ``deep`` half its depth (wales).
    """

    radius: float = 0.15
    bulge: float = 0.13
    tall: float = 0.86
    deep: float = 0.16


@dataclass(frozen=True, kw_only=True, eq=False)
class Stitch:
    """One stitch: at which course, along which wale, and whether its face looks at us."""

    course: int
    place: Place
    face: bool


def _straight(middle: float, up: float) -> Place:
    return lambda level: (np.full_like(level, middle), np.full_like(level, up))


def loops(stitches: list[Stitch], wales: int, courses: int, size: int, loop: Loop, *, seed: int) -> Curves:
    """The yarn of all stitches on a tile of ``wales`` by ``courses``; course 0 is at the bottom."""
    wide, tall = size / wales, size / courses
    rng = np.random.default_rng(seed)
    t = np.linspace(-np.pi, np.pi, max(24, int(size / wales * 0.75)), endpoint=False)
    parts = []
    for number, stitch in enumerate(stitches):
        loose = 1 + 0.05 * rng.standard_normal(3)
        level = stitch.course + 0.5 + loop.tall * loose[0] * np.cos(t)
        across, up = stitch.place(level)
        front = -np.cos(2 * t) if stitch.face else np.cos(2 * t)
        x = (across + t / (2 * np.pi) + loop.bulge * loose[1] * np.sin(2 * t)) * wide
        y = size - level * tall
        # Each course lies a little over the one above it where both bend back: a head comes out of the one below.
        z = (up + loop.deep * front - 0.04 * np.cos(t)) * wide
        step = np.hypot(np.gradient(x), np.gradient(y))
        parts.append(
            Curves(
                x=x,
                y=y,
                z=z,
                radius=np.full(len(t), loop.radius * wide * (1 + 0.03 * rng.standard_normal())),
                run=np.cumsum(step) + number * step.sum(),
                yarn=np.full(len(t), stitch.course),
            )
        )
    return joined(parts)


def spun(laid: Laid, radius: float, seed: int, *, plies: int, lay_length: float) -> tuple[Array, Array]:
    """The relief (in radii) and the tone (deviation about 1) of plies and fibres on a laid yarn of ``radius`` pixels.
    A ply goes round once in ``lay_length`` radii.
    """
    angle = np.arcsin(laid.across) / np.pi
    turn = angle + laid.run / (lay_length * radius)
    ply = np.abs(np.cos(np.pi * plies / 2 * turn)) ** 0.6
    table = noise(512, seed, 5 / 512, 40 / 512)
    a = (turn * 300).astype(np.int64) % 512
    b = (laid.run / radius * 16).astype(np.int64) % 512
    fibre = table[a, b]
    return (0.20 * (ply - 0.8) + 0.05 * fibre).astype(np.float32), (0.25 * (ply - 0.8) + 0.35 * fibre).astype(
        np.float32
    )


def _knitted(
    laid: Laid, radius: float, pixel_mm: float, color: str, *, seed: int, plies: int, lay_length: float,
    dark: float, fibre: float, relief: float, melange: float = 0.0,
) -> Swatch:  # fmt: skip
    """The swatch of loops that were drawn at twice the size. ``melange`` is how much fibres of other shades show."""
    size = laid.height.shape[0]
    bump, tone = spun(laid, radius, seed, plies=plies, lay_length=lay_length)
    empty = laid.bead < 0
    floor = float(np.quantile(laid.height[~empty], 0.02))
    height = np.where(empty, floor, laid.height + bump * radius).astype(np.float32)
    small = halved(height, 2) / 2
    sky = shade(small, 1.6 * radius / size, 0.55 * radius / 2)
    sky = 0.5 * sky + 0.5 * shade(small, 5.0 * radius / size, 1.2 * radius / 2)
    mix = 1 + fibre * tone + melange * noise(size, seed + 3, 0.0016)
    lit = halved(tinted(np.broadcast_to(srgb(color), (size, size, 3)), np.where(empty, 0.55, mix)), 2)
    lit = lit * ((1 - dark) + dark * sky)[..., None]
    lit *= (1 + 0.01 * noise(size // 2, seed + 4, 0.05))[..., None]
    return Swatch(
        color=np.clip(lit, 0, 1).astype(np.float32),
        height=smooth(small, 1.6 / size) * np.float32(2 * pixel_mm * relief),
        roughness=np.clip(0.90 - 0.06 * sky + 0.02 * halved(tone, 2), 0, 1),
    )


def jersey(size: int = SIZE) -> Swatch:
    """The face of a single jersey: wales of V-shaped stitches, 14 of them and 19 courses to the centimetre."""
    wales, courses, fine = 42, 57, 2 * size
    stitches = []
    for course in range(courses):
        for wale in range(wales):

            def place(level: Field, wale: int = wale) -> tuple[Field, Field]:
                sway = 0.06 * np.sin(2 * np.pi * (level / courses * (2 + wale % 3) + 0.618 * wale))
                return wale + 0.5 + sway, np.full_like(level, 0.05 * np.sin(2.4 * wale))

            stitches.append(Stitch(course=course, place=place, face=True))
    loop = Loop(radius=0.215, bulge=0.175, tall=0.92, deep=0.16)
    laid = lay(loops(stitches, wales, courses, fine, loop, seed=200), fine)
    return _knitted(
        laid, loop.radius * fine / wales, 30 / fine, "#f6f6f5", seed=201, plies=1, lay_length=8.0,
        dark=0.42, fibre=0.05, relief=0.5,
    )  # fmt: skip


def rib(size: int = SIZE) -> Swatch:
    """2x2 rib of lambswool: two wales of face stand out, two of reverse draw back between them."""
    wales, courses, fine = 24, 30, 2 * size
    stitches = []
    for course in range(courses):
        for wale in range(wales):
            face = wale % 4 < 2
            # The ribs pull together: two face wales take 2.5 of the 4 wales' breadth.
            middle = 4 * (wale // 4) + (0.70 + 1.08 * (wale % 4) if face else 2.5 + 0.38 + 0.74 * (wale % 4 - 2))
            up = 0.30 if face else -0.42

            def place(level: Field, middle: float = middle, up: float = up) -> tuple[Field, Field]:
                sway = 0.035 * np.sin(2 * np.pi * (2 * level / courses + 0.37 * middle))
                return middle + sway, np.full_like(level, up)

            stitches.append(Stitch(course=course, place=place, face=face))
    loop = Loop(radius=0.225, bulge=0.20, tall=0.90, deep=0.17)
    laid = lay(loops(stitches, wales, courses, fine, loop, seed=210), fine)
    return _knitted(
        laid, loop.radius * fine / wales, 48 / fine, "#8b929b", seed=211, plies=2, lay_length=7.0,
        dark=0.62, fibre=0.16, relief=0.62, melange=0.06,
    )  # fmt: skip


def cable(size: int = SIZE) -> Swatch:
    """Aran: six-stitch cables on a ground of reverse stitches, a rope of two between them."""
    wales, courses, fine = 28, 40, 2 * size
    stitches: list[Stitch] = []

    def crossing(first: float, strand: int, count: int, phase: float, every: int, course: int) -> Place:
        """A strand of ``count`` stitches: its left half goes over to the right in the midst of ``every`` rows."""
        half = count // 2
        start = np.floor((course + phase) / every) * every - phase

        def place(level: Field) -> tuple[Field, Field]:
            share = np.clip(((level - start) / every - 0.18) / 0.64, 0, 1)
            moved = share * share * (3 - 2 * share)
            left = strand < half
            pinch = 0.82  # stitches of a strand pull together where it crosses
            centre = half / 2 if left else half + half / 2
            offset = (strand + 0.5 - centre) * (1 - (1 - pinch) * np.sin(np.pi * moved))
            across = first + centre + offset + (half if left else -half) * moved
            rise = np.sin(np.pi * moved) * (0.75 if left else -0.55)
            bow = 0.55 - 0.16 * (2 * offset / half) ** 2  # a strand is round
            return across, bow + rise

        return place

    for course in range(courses):
        for repeat in range(2):
            first = 14 * repeat
            ground = [(wale, -0.45) for wale in (0, 1, 8, 9, 12, 13)]
            ground += [(wale, -1.1) for wale in range(2, 8)]  # what is seen where strands draw together
            ground += [(wale, -0.9) for wale in (10, 11)]
            stitches.extend(
                Stitch(course=course, place=_straight(first + wale + 0.5, up), face=False) for wale, up in ground
            )
            for strand in range(6):
                place = crossing(first + 2, strand, 6, 0.0, 10, course)
                stitches.append(Stitch(course=course, place=place, face=True))
            for strand in range(2):
                place = crossing(first + 10, strand, 2, 2.0, 5, course)
                stitches.append(Stitch(course=course, place=place, face=True))
    loop = Loop(radius=0.215, bulge=0.19, tall=0.90, deep=0.15)
    laid = lay(loops(stitches, wales, courses, fine, loop, seed=220), fine)
    return _knitted(
        laid, loop.radius * fine / wales, 126 / fine, "#e9e0cd", seed=221, plies=3, lay_length=8.0,
        dark=0.55, fibre=0.10, relief=0.7, melange=0.015,
    )  # fmt: skip


def pique(size: int = SIZE) -> Swatch:
    """Cross-tuck piqué of polo shirts: tucks draw neighbouring wales together in turn, which leaves a honeycomb."""
    wales, courses, fine = 40, 44, 2 * size
    stitches = []
    for course in range(courses):
        for wale in range(wales):

            def place(level: Field, wale: int = wale) -> tuple[Field, Field]:
                turn = np.cos(np.pi * level / 2)
                sway = 0.16 * turn * (1 if wale % 2 else -1)
                return wale + 0.5 + sway, np.full_like(level, 0.0) + 0.10 * np.abs(turn)

            stitches.append(Stitch(course=course, place=_straight(wale, -0.45), face=False))
            tuck = (course // 2 + wale) % 2 == 0
            stitches.append(Stitch(course=course, place=place, face=not (tuck and course % 2)))
    loop = Loop(radius=0.205, bulge=0.14, tall=0.88, deep=0.15)
    laid = lay(loops(stitches, wales, courses, fine, loop, seed=230), fine)
    return _knitted(
        laid, loop.radius * fine / wales, 32 / fine, "#2f7a5c", seed=231, plies=1, lay_length=7.0,
        dark=0.6, fibre=0.10, relief=0.55, melange=0.015,
    )  # fmt: skip
