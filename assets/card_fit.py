"""A template laid out on a card of another size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Maps the template's millimetres to the card's: scaled by ``scale``, the rest of the room put in at ``grow``.

    A point on the line itself moves by half, so that what is centred on it stays in the middle.
    """

    scale: float
    grow: tuple[float, float]
    extra: tuple[float, float]
    size: tuple[float, float]
    """Of the card, mm."""

    @classmethod
    def of(cls, template: tuple[float, float], card: tuple[float, float], grow: tuple[float, float]) -> Fit:
        """From the sizes of the template and of the card."""
        scale = min(card[0] / template[0], card[1] / template[1])
        extra = (card[0] - scale * template[0], card[1] - scale * template[1])
        return cls(scale=scale, grow=grow, extra=extra, size=card)

    def point(self, at: tuple[float, float]) -> tuple[float, float]:
        """Where a point of the template lies on the card."""
        return (self._along(at[0], 0), self._along(at[1], 1))

    def box(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """x, y, width, height on the card."""
        x, y, width, height = box
        left, top = self.point((x, y))
        right, bottom = self.point((x + width, y + height))
        return (left, top, right - left, bottom - top)

    def still(self) -> Fit:
        """The same scale, and nothing put in anywhere."""
        return Fit(scale=self.scale, grow=(0.0, 0.0), extra=(0.0, 0.0), size=self.size)

    def _along(self, at: float, axis: int) -> float:
        line = self.grow[axis]
        share = 0.5 if abs(at - line) < 1e-6 else float(at > line)
        return self.scale * at + self.extra[axis] * share
