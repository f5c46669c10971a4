"""Fibres that lie or stand on a cloth: thousands of short curves, drawn like yarns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assets.generators.fabric_swatch import Array
from assets.generators.knit_loops import Curves

Field = NDArray[np.float64]


def fibres(
    count: int, size: int, *, length: float, radius: float, curl: float, seed: int,
    heading: Callable[[Field, Field], Field] | None = None, spread: float = np.pi, ground: Array | None = None,
    stand: float = 0.0, thick: float = 4.0,
) -> Curves:  # fmt: skip
    """Fibres on a periodic square of ``size`` pixels, ``yarn`` their number.

    ``length`` and ``radius`` are in pixels, ``curl`` is how far a fibre turns over its length (radians, deviation);
    ``heading`` the direction that they lie in at x, y (pixels), ``spread`` how far they stray from it (radians);
    ``ground`` [size, size] the height in pixels that they lie on, ``stand`` how far their tips rise, ``thick`` how
    deep the layer is that they fill.
    """
    rng = np.random.default_rng(seed)
    steps = max(4, int(length / max(0.7, 0.6 * radius)))
    x0, y0 = rng.uniform(0, size, (2, count, 1))
    main = np.zeros((count, 1)) if heading is None else heading(x0, y0)
    stray = rng.uniform(-spread, spread, (count, 1)) if heading is None else spread * rng.standard_normal((count, 1))
    s = np.linspace(0, 1, steps)[None, :]
    turn = curl * (rng.standard_normal((count, 1)) * s + rng.standard_normal((count, 1)) * (s * s - s) * 2)
    angle = main + stray + turn
    step = length / steps * rng.uniform(0.6, 1.4, (count, 1))
    x = x0 + np.cumsum(np.cos(angle) * step, axis=1)
    y = y0 + np.cumsum(np.sin(angle) * step, axis=1)
    z = rng.uniform(0, thick, (count, 1)) + stand * s**1.5 - 0.6 * thick * (2 * s - 1) ** 2
    if ground is not None:
        z = z + ground[y.astype(np.int64) % size, x.astype(np.int64) % size]
    return Curves(
        x=x.reshape(-1), y=y.reshape(-1), z=z.reshape(-1),
        radius=(radius * (1 - 0.4 * np.abs(2 * s - 1)) * np.ones_like(x)).reshape(-1),
        run=np.broadcast_to(s * length, x.shape).reshape(-1).copy(),
        yarn=np.repeat(np.arange(count), steps),
    )  # fmt: skip
