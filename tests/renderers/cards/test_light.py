"""What lamps, gratings, films and flakes do as a card tilts, as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import radians

import numpy as np
import pytest
from numpy.typing import NDArray

from assets import spectrum
from assets.card_scene import CardScene, CardView, Lamps, Plane
from assets.scene import Background, Target
from renderers import card_lamps
from renderers.byte_cache import ByteCache
from renderers.card_geometry import placement
from renderers.card_painter import CardPainter
from renderers.context import make_current, open_context
from tests.renderers.cards.cards import card, everywhere, made_foil, sheet

pytestmark = pytest.mark.gl

BLACK = Background(top="#000000")
SIZE = Target(width=63, height=89)


def paper(value: int = 255) -> tuple[Plane, ...]:
    return (Plane(name="art", picture=np.full((352, 252, 4), (value, value, value, 255), np.uint8)),)


def stand(preset: str = "spot", turn: float = 0.0, exposure: float = 0.0) -> Lamps:
    return Lamps(preset=preset, turn=turn, exposure=exposure, shadow=False)


def seen(renderer, scene: CardScene, views: list[CardView], target: Target = SIZE) -> list[NDArray[np.uint8]]:
    return [frame.copy() for frame in renderer.cards(scene, tuple(views), target)]


def sweep(start: float, stop: float, step: float) -> NDArray[np.float64]:
    return np.arange(start, stop + step / 2, step)


class NarrowLight:
    """Light of one wavelength, or nearly."""

    def __init__(self, middle: float, power: float = 100.0) -> None:
        self.middle, self.power = middle, power

    def __call__(self, wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.power * np.exp(-0.5 * ((wavelengths - self.middle) / 4.0) ** 2))


class Laboratory:
    """A painter whose lamps may have any spectrum."""

    def __init__(self) -> None:
        self._context = open_context("llvmpipe")
        self._cache = ByteCache(1 << 28)
        self._painters: list[CardPainter] = []

    def painter(self, light: spectrum.Spectrum) -> CardPainter:
        make_current(self._context)
        self._painters.append(CardPainter(self._context, self._cache, lambda: None, software=True, light=light))
        return self._painters[-1]

    def release(self) -> None:
        make_current(self._context)
        for painter in self._painters:
            painter.release()
        self._cache.clear()
        self._context.release()


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    made = Laboratory()
    yield made
    made.release()


def middle(painter: CardPainter, scene: CardScene, view: CardView) -> NDArray[np.float64]:
    """Code values of the pixel that shows the card's middle."""
    frame = np.empty((9, 9, 4), np.uint8)
    painter.paint(scene, view, Target(width=9, height=9), frame)
    return frame[4, 4, :3].astype(np.float64)


# -- highlights --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("roughness", [0.15, 0.3])
@pytest.mark.parametrize("axis", ["yaw", "pitch"])
def test_the_highlight_moves_one_way_as_the_card_tilts(renderer, roughness, axis):
    scene = card(
        sheet(
            made_foil(metal={"roughness": roughness}, pattern={"kind": "even", "contrast": 0, "jitter": 0}),
            everywhere(),
        ),
        front=paper(),
        lamps=stand("spot", turn=-105.0 if axis == "yaw" else -15.0, exposure=-3.0),
        background=BLACK,
    )
    # The spot stands 27 degrees off: the mirror passes it at half of that.
    tilts = sweep(10, 17, 0.5)
    places = []
    for frame in seen(renderer, scene, [CardView(**{axis: float(t)}) for t in tilts]):
        light = frame[..., :3].astype(np.float64).sum(axis=-1)[4:-4, 10:-10] ** 3
        y, x = np.mgrid[: light.shape[0], : light.shape[1]]
        places.append(((x if axis == "yaw" else y) * light).sum() / light.sum())
    steps = np.diff(places)
    assert (steps > 0).all() or (steps < 0).all()
    assert abs(places[-1] - places[0]) > 0.25 * (43 if axis == "yaw" else 81)


def test_gloss_shows_a_lamp_smaller_and_brighter_than_satin_and_matte(renderer):
    peaks, spreads = [], []
    for varnish in (0.05, 0.25, 0.55):
        scene = card(front=paper(0), varnish=varnish, lamps=stand("spot", -105.0), background=BLACK)
        (frame,) = seen(renderer, scene, [CardView(yaw=13.5)])
        light = frame[4:-4, 12:-12, 1].astype(np.float64)
        peaks.append(light.max())
        spreads.append((light > 0.5 * light.max()).sum())
    assert min(peaks[:2]) > peaks[2] + 30
    assert spreads[0] < spreads[1] < spreads[2]


def test_black_print_stays_black_on_foil_and_white_lets_it_through(renderer):
    foil = made_foil(grating={"spread": 20.0}, metal={"roughness": 0.4})
    views = [CardView(yaw=float(y)) for y in sweep(-12, 12, 6)]
    dark = seen(renderer, card(sheet(foil, everywhere()), front=paper(0), lamps=stand("studio"), varnish=0.55), views)
    light = seen(
        renderer, card(sheet(foil, everywhere()), front=paper(255), lamps=stand("studio"), varnish=0.55), views
    )
    inside = np.s_[10:-10, 14:-14, :3]
    for black, white in zip(dark, light, strict=True):
        assert np.median(black[inside]) < 48
        assert np.median(white[inside]) > 2.2 * np.median(black[inside])


def test_print_tints_what_the_foil_reflects(renderer):
    red = np.full((352, 252, 4), (200, 20, 20, 255), np.uint8)
    scene = card(
        sheet(made_foil(metal={"roughness": 0.5}), everywhere()),
        front=(Plane(name="art", picture=red),),
        lamps=stand("studio"),
    )
    (frame,) = seen(renderer, scene, [CardView(yaw=-12, pitch=-12)])
    mean = frame[20:-20, 20:-20, :3].astype(np.float64).mean(axis=(0, 1))
    assert mean[0] > 2 * mean[1]


# -- gratings ----------------------------------------------------------------------------------------------------


def path_to_key(scene: CardScene, view: CardView, spacing: float, angle: float) -> float:
    """spacing * |(l + v) . along| in the card's middle, from where lamp and eye are."""
    place = placement(scene, view, SIZE)
    stand_ = card_lamps.stand(scene.lamps)
    lamp = place.to_face @ card_lamps.place(stand_.lamps[stand_.key], scene.lamps.turn)
    point = np.array([0.0, 0.0, scene.thickness_mm / 2])
    to_lamp, to_eye = lamp - point, place.eye - point
    both = to_lamp / np.linalg.norm(to_lamp) + to_eye / np.linalg.norm(to_eye)
    return float(spacing * abs(both[:2] @ [np.cos(radians(angle)), np.sin(radians(angle))]))


@pytest.mark.parametrize(
    ("wavelength", "spacing", "order"), [(460, 1000, 1), (550, 1200, 1), (620, 1400, 1), (550, 2200, 2)]
)
def test_the_tilt_at_which_a_colour_flashes_follows_the_grating_equation(laboratory, wavelength, spacing, order):
    """Within 5 nanometres, for light of one wavelength: where the flash is brightest, the path from lamp to eye over
    neighbouring grooves differs by that many wavelengths.
    """
    painter = laboratory.painter(NarrowLight(wavelength))
    foil = made_foil(
        metal=None,
        pattern={"kind": "even", "jitter": 0, "contrast": 0},
        grating={"spacing_nm": spacing, "orders": 2, "spread": 8.0, "strength": 0.05},
    )
    scene = card(
        sheet(foil, everywhere()), front=paper(), varnish=0.55, lamps=stand("spot", -105.0, -3.0), background=BLACK
    )
    yaws = sweep(-22, 4, 0.25)
    paths = np.array([path_to_key(scene, CardView(yaw=float(y)), spacing, 0.0) for y in yaws])
    near = np.abs(paths - order * wavelength) < 0.16 * wavelength
    assert near.sum() > 8
    bright = np.array([middle(painter, scene, CardView(yaw=float(y))).sum() for y in yaws[near]])
    assert np.ptp(bright) > 40
    weight = np.maximum(bright - bright.min() - 0.5 * np.ptp(bright), 0)
    flash = (paths[near] * weight).sum() / weight.sum()
    assert abs(flash / order - wavelength) < 5


def test_a_rainbow_turns_with_its_grooves(renderer):
    """Light along the grooves goes nowhere: a grating turned by a right angle answers to the other tilt."""
    found = {}
    for angle in (0.0, 90.0):
        foil = made_foil(
            metal=None, pattern={"kind": "even", "angle": angle, "jitter": 0, "contrast": 0}, grating={"spread": 5.0}
        )
        scene = card(sheet(foil, everywhere()), front=paper(), lamps=stand("spot", -105.0, -2.0), background=BLACK)
        (frame,) = seen(renderer, scene, [CardView()])
        found[angle] = np.percentile(np.ptp(frame[20:-20, 20:-20, :3].astype(np.float64), axis=-1), 90)
    assert found[0.0] > 80
    assert found[90.0] < 0.4 * found[0.0]  # a broad lamp at the side still has a little


# -- films, flakes -----------------------------------------------------------------------------------------------


def test_a_films_bright_and_dark_thicknesses_are_airys(laboratory):
    """Within 6 nm of thickness, which is the sweep's step, for light of one wavelength seen at the mirror's angle."""
    wavelength, ior = 560.0, 1.7
    painter = laboratory.painter(NarrowLight(wavelength, 20.0))
    thickness = sweep(250, 502, 6)
    bright = []
    view = CardView(yaw=13.5)
    for one in thickness:
        foil = made_foil(
            metal={"roughness": 0.6, "colour": "#ffffff"},
            pattern={"kind": "even", "jitter": 0, "contrast": 0},
            film={"thickness_nm": float(one), "ior": ior},
        )
        scene = card(
            sheet(foil, everywhere()),
            front=paper(),
            lamps=stand("spot", -105.0, -2.0),
            background=BLACK,
            varnish=0.55,
        )
        bright.append(middle(painter, scene, view)[1])
    cosine = np.cos(radians(13.5))
    expected = spectrum.airy(np.array(wavelength), thickness, np.array(cosine), ior)
    found = ((np.array(bright) / 255 + 0.055) / 1.055) ** 2.4  # light
    assert np.ptp(bright) > 60
    assert abs(thickness[found.argmin()] - thickness[expected.argmin()]) <= 6
    assert abs(thickness[found.argmax()] - thickness[expected.argmax()]) <= 12
    assert np.corrcoef(found, expected)[0, 1] > 0.97


@pytest.mark.parametrize("preset", ["studio", "window", "spot"])
def test_less_than_a_third_of_the_lit_flakes_change_with_a_degree_of_tilt(renderer, preset):
    foil = made_foil(pattern={"kind": "flakes"}, flakes={"size_mm": 0.9, "tilt": 14.0, "cover": 1.0})
    scene = card(sheet(foil, everywhere()), front=paper(), lamps=stand(preset, exposure=-1.5), background=BLACK)
    target = Target(width=252, height=352)
    for yaw in (-14, 0, 9):
        frames = seen(renderer, scene, [CardView(yaw=yaw + d, fov=2.0) for d in (0.0, 1.0)], target)
        lit = [frame[40:-40, 50:-50, :3].max(axis=-1) > 200 for frame in frames]
        share = lit[0].mean()
        assert 0.01 < share < 0.7
        # A degree moves the picture by less than a pixel here, half a pixel at the rows' ends.
        changed = (lit[0] & ~lit[1]).sum() / lit[0].sum()
        assert changed < 0.3, (preset, yaw, changed)


def test_flakes_twinkle_as_the_card_tilts(renderer):
    foil = made_foil(pattern={"kind": "flakes"}, flakes={"size_mm": 0.9})
    scene = card(sheet(foil, everywhere()), front=paper(60), lamps=stand("studio"), background=BLACK)
    frames = seen(renderer, scene, [CardView(yaw=y, fov=2.0) for y in (0, 12)], Target(width=252, height=352))
    lit = [frame[40:-40, 50:-50, :3].max(axis=-1) > 150 for frame in frames]
    assert (lit[0] & ~lit[1]).sum() > 0.4 * lit[0].sum()
