"""Light taken apart: the eye, gratings, films."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assets import spectrum

COLUMNS = 2000


def narrow(middle: float, width: float = 3.0) -> spectrum.Spectrum:
    def power(wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(-0.5 * ((wavelengths - middle) / width) ** 2))

    return power


def hues(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees of OkLCh (Ottosson 2020), from its published matrices."""
    lms = np.cbrt(
        rgb
        @ np.array(
            [
                [0.4122214708, 0.2119034982, 0.0883024619],
                [0.5363325363, 0.6806995451, 0.2817188376],
                [0.0514459929, 0.1073969566, 0.6299787005],
            ]
        )
    )
    a = lms @ [1.9779984951, -2.4285922050, 0.4505937099]
    b = lms @ [0.0259040371, 0.7827717662, -0.8086757660]
    return np.asarray(np.degrees(np.arctan2(b, a)) % 360)


def test_the_eye_is_the_cie_observer_of_1931():
    """Against the tables of CIE 015, within the fit's error."""
    table = {450: (0.3362, 0.0380, 1.7721), 500: (0.0049, 0.3230, 0.2720), 555: (0.5121, 1.0, 0.0057)}
    table |= {600: (1.0622, 0.6310, 0.0008), 650: (0.2835, 0.1070, 0.0)}
    seen = spectrum.eye(np.array(list(table), dtype=np.float64))
    assert np.abs(seen - np.array(list(table.values()))).max() < 0.04


@pytest.mark.parametrize("orders", [1, 2, 4])
def test_a_grating_takes_no_light_away_and_adds_none(orders):
    table = spectrum.grating_table(orders, (8.0, 60.0), COLUMNS)
    step = orders * spectrum.LONGEST / COLUMNS
    luminance = (table @ [0.2126, 0.7152, 0.0722]).sum(axis=1) * step
    assert luminance == pytest.approx(1.0, abs=0.02)
    assert table.min() >= 0


@pytest.mark.parametrize("wavelength", [450.0, 550.0, 620.0])
def test_each_order_of_a_grating_lies_where_the_path_is_that_many_wavelengths(wavelength):
    orders = 3
    (row,) = spectrum.grating_table(orders, (4.0,), COLUMNS, light=narrow(wavelength))
    path = (np.arange(COLUMNS) + 0.5) * orders * spectrum.LONGEST / COLUMNS
    bright = row.sum(axis=1)
    for order in range(1, orders + 1):
        near = np.abs(path - order * wavelength) < 0.2 * wavelength
        assert abs((path[near] * bright[near]).sum() / bright[near].sum() / order - wavelength) < 2


def test_a_broad_lamp_washes_the_colours_out():
    sharp, broad = spectrum.grating_table(2, (5.0, 400.0), COLUMNS)
    assert np.ptp(sharp, axis=1).max() > 5 * np.ptp(broad, axis=1).max()


def test_a_range_of_hues_keeps_to_it_and_to_the_lightness():
    (row,) = spectrum.grating_table(2, (10.0,), COLUMNS)
    pressed = spectrum.in_hues(row, 30.0, 80.0)
    clear = row.max(axis=1) > 0.05 * row.max()
    strong = clear & (np.ptp(pressed, axis=1) > 0.2 * pressed.max(axis=1))
    assert strong.sum() > 200
    found = hues(pressed[strong])
    assert found.min() > 30 - 4
    assert found.max() < 110 + 4
    luminance = np.array([0.2126, 0.7152, 0.0722])
    assert (pressed @ luminance)[clear] == pytest.approx((row @ luminance)[clear], rel=0.35)
    assert np.ptp(found) > 50


def test_all_hues_are_the_physics_untouched():
    (row,) = spectrum.grating_table(2, (10.0,), COLUMNS)
    assert np.array_equal(spectrum.in_hues(row, 0.0, 360.0), row)


def test_colours_brought_into_gamut_keep_their_luminance_and_those_inside_stay():
    inside, outside = np.array([0.2, 0.5, 0.1]), np.array([-0.3, 0.6, 0.2])
    luminance = np.array([0.2126, 0.7152, 0.0722])
    assert spectrum.in_gamut(inside) == pytest.approx(inside)
    brought = spectrum.in_gamut(outside)
    assert brought.min() == pytest.approx(0)
    assert brought @ luminance == pytest.approx(outside @ luminance)


@pytest.mark.parametrize("ior", [1.33, 1.7, 2.4])
@pytest.mark.parametrize("degrees", [0.0, 35.0, 70.0])
def test_a_film_reflects_the_sum_of_all_the_light_that_runs_to_and_fro_in_it(ior, degrees):
    """Airy's formula against the partial waves added one by one."""
    wavelength, thickness, cosine = 560.0, 410.0, np.cos(np.radians(degrees))
    inside = np.sqrt(1 - (1 - cosine**2) / ior**2)
    turn = np.exp(4j * np.pi * ior * thickness * inside / wavelength)
    expected = 0.0
    for first, second in ((cosine, ior * inside), (ior * cosine, inside)):
        r = (first - second) / (first + second)
        wave, part = complex(r), (1 - r * r) * -r * turn
        for _ in range(400):
            wave += part
            part *= r * r * turn
        expected += abs(wave) ** 2 / 2
    found = spectrum.airy(np.array(wavelength), np.array(thickness), np.array(cosine), ior)
    assert float(found) == pytest.approx(expected, abs=1e-9)


def test_a_film_of_half_a_wave_is_dark_and_of_a_quarter_brightest():
    ior, wavelength = 1.6, 600.0
    half, quarter = (
        spectrum.airy(np.array(wavelength), np.array(wavelength / n / ior), np.array(1.0), ior) for n in (2, 4)
    )
    assert float(half) == pytest.approx(0, abs=1e-12)
    assert float(quarter) == pytest.approx(spectrum.airy_peak(ior))


def test_the_film_table_is_airys_formula_over_the_spectrum():
    table = spectrum.film_table(400.0, 150.0, 1.8)
    rows, columns, _ = table.shape
    fine = np.arange(380.0, 780.0, 0.5)
    rgb = (
        spectrum.eye(fine)
        @ np.linalg.inv(
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        ).T
    )
    rgb /= rgb.sum(axis=0)
    for row, column in ((63, 0), (50, 90), (20, 200), (40, 255)):
        thickness = 400 + 150 * ((column + 0.5) / columns * 2 - 1)
        share = spectrum.airy(fine, np.array(thickness), np.array((row + 0.5) / rows), 1.8)
        assert table[row, column] == pytest.approx(spectrum.in_gamut(share @ rgb), abs=0.01)
