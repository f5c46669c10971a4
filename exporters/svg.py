"""A flat as an SVG file: polylines in millimetres, one group for each kind of line."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from assets.flat import STROKES_MM, Flat, Line, LineKind

MIME = "image/svg+xml"


def write_svg(flat: Flat, *, title: str = "") -> bytes:
    """The whole file, UTF-8. User units are millimetres; groups are named after their kind, the heaviest on top."""
    width, height = _number(flat.width_mm), _number(flat.height_mm)
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}" data-view={quoteattr(flat.view)} data-scale="{flat.scale_text}">\n'
        f"<title>{escape(_printable(title) or flat.view)}</title>\n"
        f"<desc>Technical flat, {escape(flat.view)} view, scale {flat.scale_text}, in millimetres</desc>\n"
    )
    groups = "".join(_group(kind, flat.of(kind)) for kind in reversed(LineKind))
    body = f'<g fill="none" stroke="#000000" stroke-linecap="round" stroke-linejoin="round">\n{groups}</g>\n'
    return (head + body + "</svg>\n").encode()


def _group(kind: LineKind, lines: Iterable[Line]) -> str:
    paths: dict[str, list[str]] = {}
    for line in lines:
        paths.setdefault(line.layer, []).append(_path(line))
    if not paths:
        return ""
    inner = ""
    for layer, found in paths.items():
        # Stitches are thousands of dashes: one element for all of a layer's.
        data = [" ".join(found)] if kind is LineKind.STITCH else found
        inner += f"<g data-layer={quoteattr(_printable(layer))}>\n"
        inner += "".join(f'<path d="{d}"/>\n' for d in data) + "</g>\n"
    return f'<g id="{kind.value}" stroke-width="{STROKES_MM[kind]:g}">\n{inner}</g>\n'


def _path(line: Line) -> str:
    pairs = [f"{_number(x)} {_number(y)}" for x, y in line.points.tolist()]
    return "M" + "L".join(pairs) + ("Z" if line.closed else "")


def _number(value: float) -> str:
    """Hundredths of a millimetre, without trailing zeros and without a negative zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _printable(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
    )
