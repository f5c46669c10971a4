"""ICC profiles (ICC.1:2001-04) made for tests: RGB by primaries and gamma, grey by gamma, CMYK by a table of Lab."""

from __future__ import annotations

import struct

import numpy as np

_D65_TO_D50 = np.array([[1.0479, 0.0229, -0.0502], [0.0296, 0.9904, -0.0171], [-0.0092, 0.0151, 0.7519]])  # Bradford

P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))


def rgb(primaries: tuple[tuple[float, float], ...], gamma: float, name: str) -> bytes:
    """A matrix profile with a white of D65."""
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.9505, 1.0, 1.089])
    matrix = _D65_TO_D50 @ (columns * np.linalg.solve(columns, white))
    tags = {f"{c}XYZ": _xyz(matrix[:, k]) for k, c in enumerate("rgb")}
    return _profile(b"RGB ", b"XYZ ", {**tags, **{f"{c}TRC": _curve(gamma) for c in "rgb"}}, name)


def grey(gamma: float, name: str = "grey") -> bytes:
    """A grey profile."""
    return _profile(b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)}, name)


def cmyk(name: str = "press", cyan: tuple[float, float, float] = (60.0, -60.0, 50.0)) -> bytes:
    """A press whose cyan ink is of that Lab colour (green unless told otherwise); the others make grey."""
    corners = []
    for index in range(16):  # cyan varies slowest
        c, m, y, k = (index >> 3) & 1, (index >> 2) & 1, (index >> 1) & 1, index & 1
        light = 100.0 * (0.0 if k else 1.0) * (0.5 if m else 1.0) * (0.8 if y else 1.0)
        lab = (min(light, cyan[0]), cyan[1], cyan[2]) if c and not k else (light, 0.0, 0.0)
        corners += [round(lab[0] * 2.55), round(lab[1] + 128), round(lab[2] + 128)]
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + bytes(corners) + ramp * 3
    return _profile(b"CMYK", b"Lab ", {"A2B0": table, "A2B1": table}, name, device=b"prtr")


def _xyz(value: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(v) * 65536) for v in value))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, pcs: bytes, tags: dict[str, bytes], name: str, device: bytes = b"mntr") -> bytes:
    text = name.encode() + b"\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(11) + bytes(68)
    every = {"desc": described, "cprt": b"text\0\0\0\0none\0", "wtpt": _xyz(np.array([0.9642, 1.0, 0.8249])), **tags}
    body, table = b"", b""
    offset = 128 + 4 + 12 * len(every)
    for key, value in every.items():
        padded = value + bytes(-len(value) % 4)
        table += key.encode() + struct.pack(">II", offset + len(body), len(value))
        body += padded
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02400000, device, space, pcs) + bytes(12) + b"acsp"
    header += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(every)) + table + body
